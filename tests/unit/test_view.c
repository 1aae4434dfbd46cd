/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/unit.h"

#include "switch/plane/fate.h"
#include "switch/plane/view.h"

/* The view never looks into a socket, so any address will do. */
static struct xsock *const sock_a = (struct xsock *)0x10, *const sock_b = (struct xsock *)0x20;

static struct view *two_ports(void)
{
	struct view_queue queues[2] = { { .sock = sock_a, .worker = 1 },
		                        { .sock = sock_b, .worker = 0 } };
	struct view_port port = {
		.number = 3, .forwarding = true, .n_queues = 2, .queues = queues
	};
	struct view *view = view_new(9);

	assert_ok(view_add_bridge(view, 0, NULL));
	assert_ok(view_add_port(view, &port));
	port.number = 4;
	port.forwarding = false;
	port.n_queues = 1;
	assert_ok(view_add_port(view, &port));
	queues[0].sock = NULL; /* the view has its own copy */
	return view;
}

static void members_are_the_ports_that_forward(void **state)
{
	struct view *view = two_ports();

	assert_int_equal(view->epoch, 9);
	assert_int_equal(view->bridges[0]->n_members, 1);
	assert_int_equal(view->bridges[0]->members[0], 3);
	assert_non_null(view->ports[4]);
	assert_null(view->ports[5]);
	view_free(view);
}

static void every_worker_polls_its_queues(void **state)
{
	struct view *view = two_ports();

	assert_int_equal(view->workers[0].n, 1);
	assert_ptr_equal(view->workers[0].poll[0].sock, sock_b);
	assert_int_equal(view->workers[1].n, 2);
	assert_ptr_equal(view->workers[1].poll[1].sock, sock_a);
	assert_int_equal(view->workers[1].poll[1].port, 4);
	assert_ptr_equal(view->ports[3]->queues[0].sock, sock_a);
	view_free(view);
}

static void every_fate_has_a_name_of_its_own(void **state)
{
	for (int i = 0; i < N_FATES; i++) {
		assert_non_null(fate_name((enum fate)i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(fate_name((enum fate)i), fate_name((enum fate)j));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_the_ports_that_forward),
		cmocka_unit_test(every_worker_polls_its_queues),
		cmocka_unit_test(every_fate_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
