/* SPDX-License-Identifier: BSD-2-Clause */
#include "far_end.h"

#include "switch/base/macros.h"

/* Arms h0 and ends without a word. */
static void crash(void)
{
	struct arm *a = open_arm();

	assert_armed(arm(a, "h0", false));
	arm_close(a);
	assert_true(journal_is_there());
}

/* Starts anew; how many ports were restored? */
static int recover(void)
{
	struct arm *a = open_arm();
	const int n = arm_recover(a);

	assert_false(journal_is_there());
	arm_close(a);
	return n;
}

static void next_start_restores_after_a_crash(void **state)
{
	char *before;

	needs_root();
	run("ip link set f0 netns far && ip -n far link set f0 up");
	before = features("ip netns exec far");
	crash();
	assert_int_equal(recover(), 1);
	assert_features("ip netns exec far", before);
	assert_int_equal(recover(), 0);
	run("ip -n far link del f0");
	free(before);
}

static void adopted_port_stays_armed_and_can_be_restored(void **state)
{
	char *before, *armed;
	struct arm *a;

	needs_root();
	before = features("");
	crash();
	armed = features("");
	a = open_arm();
	assert_armed(arm(a, "h0", false));
	assert_int_equal(arm_recover(a), 0);
	assert_features("", armed);
	assert_true(journal_is_there());
	arm_restore(a, index_of("h0"));
	assert_features("", before);
	arm_close(a);
	free(before);
	free(armed);
}

static void renamed_device_is_the_same(void **state)
{
	char *before;

	needs_root();
	before = features("");
	crash();
	run("ip link set h0 name h1");
	assert_int_equal(recover(), 1);
	assert_features("", before);
	free(before);
}

static void new_address_in_the_same_run_is_the_same_device(void **state)
{
	char *before;
	struct arm *a;

	needs_root();
	before = features("");
	a = open_arm();
	assert_armed(arm(a, "h0", false));
	run("ip link set h0 address 02:00:00:00:00:77");
	arm_restore(a, index_of("h0"));
	assert_features("", before);

	assert_armed(arm(a, "h0", false));
	run("ip link set h0 address 02:00:00:00:00:78");
	assert_armed(arm(a, "h0", false));
	arm_close(a);
	assert_int_equal(recover(), 1);
	assert_features("", before);
	free(before);
}

/* Makes another h0 with 'options', which looks like an armed one. */
static char *replace_pair(const char *options)
{
	run("ip link del h0 && ip link add h0 %s type veth peer name f0", options);
	run("ip link set h0 up && ip link set f0 up && ethtool -K f0 gro on tx off >/dev/null");
	return features("");
}

static void replaced_device_is_left_alone(void **state)
{
	char same_number[32];
	char *other;
	int h0;

	needs_root();
	crash();
	other = replace_pair("");
	assert_int_equal(recover(), 0);
	assert_features("", other);
	free(other);

	crash();
	h0 = index_of("h0");
	snprintf(same_number, sizeof(same_number), "index %d", h0);
	other = replace_pair(same_number);
	assert_int_equal(index_of("h0"), h0);
	assert_int_equal(recover(), 0);
	assert_features("", other);
	free(other);
}

static void deleted_device_is_forgotten(void **state)
{
	struct arm *a;
	int h0;

	needs_root();
	crash();
	run("ip link del h0");
	assert_int_equal(recover(), 0);

	assert_ok(a_pair(NULL));
	a = open_arm();
	h0 = index_of("h0");
	assert_armed(arm(a, "h0", false));
	run("ip link del h0");
	arm_restore(a, h0);
	assert_false(journal_is_there());
	arm_close(a);
}

static void nonsense_in_the_journal_is_ignored(void **state)
{
	static const char *const nonsense[] = {
		"",
		"{",
		"[]",
		"{\\\"ports\\\": 3}",
		"{\\\"ports\\\": [3, {\\\"ifindex\\\": 1}]}",
		"{\\\"ports\\\": [{\\\"ifindex\\\": 1, \\\"name\\\": \\\"lo\\\", \\\"kind\\\": "
		"\\\"\\\","
		" \\\"mac\\\": \\\"00:00:00:00:00\\\", \\\"features\\\": {}}]}",
	};

	needs_root();
	for (size_t i = 0; i < ARRAY_SIZE(nonsense); i++) {
		run("echo \"%s\" > " JOURNAL, nonsense[i]);
		assert_int_equal(recover(), 0);
	}
}

/* Half of an entry is as good as none. */
static void damaged_entry_is_ignored_whole(void **state)
{
	char *armed;

	needs_root();
	crash();
	armed = features("");
	run("sed -i 's/\"tx-vlan-hw-insert\": true/\"tx-vlan-hw-insert\": 7/' " JOURNAL);
	assert_int_equal(recover(), 0);
	assert_features("", armed);
	free(armed);
}

/* A change that could not be undone is not made, now or later. */
static void without_a_journal_nothing_is_changed(void **state)
{
	struct arm_report report;
	char *before;
	struct arm *a;

	needs_root();
	before = features("");
	assert_ok(arm_open(&a, JOURNAL ".d/armed"));
	for (int i = 0; i < 2; i++) {
		report = arm(a, "h0", false);
		assert_false(report.delivers);
		assert_false(report.truthful);
		assert_int_equal(report.reason, ARM_FAILED);
		assert_features("", before);
	}
	run("mkdir " JOURNAL ".d");
	assert_armed(arm(a, "h0", false));
	run("grep -q rx-gro " JOURNAL ".d/armed");
	arm_restore(a, index_of("h0"));
	assert_features("", before);
	arm_close(a);
	free(before);
}

#define test(name) cmocka_unit_test_setup_teardown(name, a_pair, no_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(next_start_restores_after_a_crash),
		test(adopted_port_stays_armed_and_can_be_restored),
		test(renamed_device_is_the_same),
		test(new_address_in_the_same_run_is_the_same_device),
		test(replaced_device_is_left_alone),
		test(deleted_device_is_forgotten),
		test(nonsense_in_the_journal_is_ignored),
		test(damaged_entry_is_ignored_whole),
		test(without_a_journal_nothing_is_changed),
	};

	return cmocka_run_group_tests_name("wire/journal", tests, space_enter, NULL);
}
