/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "switch/control/words.h"

static struct port a_port(void)
{
	struct port port;

	port_init(&port, "p1", 0, 0);
	port.present = true;
	port.dev.up = port.dev.carrier = true;
	port.armed = (struct arm_report){ .delivers = true, .truthful = true };
	port.lacks = PORT_LACKS_ZEROCOPY;
	snprintf(port.dev.qdisc, sizeof(port.dev.qdisc), "noqueue");
	return port;
}

static void assert_says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' does not say '%s'", text, part);
}

static void forwarding_port_needs_no_words(void **state)
{
	const struct port port = a_port();
	char out[256];

	words_not_forwarding(&port, out, sizeof(out));
	assert_string_equal(out, "");
	assert_true(port_is_forwarding(&port));
}

static void every_reason_not_to_forward_is_said(void **state)
{
	struct port port = a_port();
	char out[256];

	port.dev.carrier = false;
	words_not_forwarding(&port, out, sizeof(out));
	assert_says(out, "no carrier");
	port.dev.up = false;
	words_not_forwarding(&port, out, sizeof(out));
	assert_says(out, "ip link set dev p1 up");
	port.enabled = false;
	words_not_forwarding(&port, out, sizeof(out));
	assert_says(out, "xsw port set p1 up");
	port.present = false;
	words_not_forwarding(&port, out, sizeof(out));
	assert_says(out, "gone");
}

static void every_trouble_has_words(void **state)
{
	struct port port = a_port();
	char out[256];

	for (int t = PORT_NO_DEVICE; t <= PORT_NO_SLOT; t++) {
		port.problem = (struct port_problem){ .trouble = (enum port_trouble)t,
			                              .error = EPERM,
			                              .limit = 3822 };
		words_problem(&port, out, sizeof(out));
		assert_true(strlen(out) > 10);
	}
	port.problem.trouble = PORT_MTU_TOO_LARGE;
	words_problem(&port, out, sizeof(out));
	assert_says(out, "ip link set dev p1 mtu 3822");
}

static void notes_say_what_is_missing(void **state)
{
	struct port port = a_port();
	json_t *notes = words_notes(&port, true);

	assert_int_equal(json_array_size(notes), 1); /* copy mode */
	json_decref(notes);
	port.lacks = PORT_LACKS_NATIVE | PORT_LACKS_ZEROCOPY | PORT_LACKS_MULTI | PORT_LACKS_QUEUES;
	port.native_error = EOPNOTSUPP;
	port.armed = (struct arm_report){ .reason = ARM_NO_FAR_END };
	notes = words_notes(&port, true);
	assert_int_equal(json_array_size(notes), 5);
	assert_says(json_string_value(json_array_get(notes, 4)), "finished in user space");
	json_decref(notes);
}

static void assert_last_note_says(const struct port *port, bool can_burst, const char *part)
{
	json_t *notes = words_notes(port, can_burst);

	assert_says(json_string_value(json_array_get(notes, json_array_size(notes) - 1)), part);
	json_decref(notes);
}

static void way_out_is_explained(void **state)
{
	struct port port = a_port();

	assert_int_equal(port_way(&port), VIEW_WAY_ANY);
	assert_last_note_says(&port, false, "bursts are not possible");
	snprintf(port.dev.qdisc, sizeof(port.dev.qdisc), "tbf");
	assert_last_note_says(&port, true, "discipline (tbf)");
	port.dev.mtu = 65535;
	assert_last_note_says(&port, true, "MTU is too large");
	snprintf(port.dev.kind, sizeof(port.dev.kind), "tun");
	assert_last_note_says(&port, true, "a tap would not say");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forwarding_port_needs_no_words),
		cmocka_unit_test(every_reason_not_to_forward_is_said),
		cmocka_unit_test(every_trouble_has_words),
		cmocka_unit_test(notes_say_what_is_missing),
		cmocka_unit_test(way_out_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
