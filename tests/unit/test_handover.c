/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "switch/plane/handover.h"

enum { PORT = 5 };

static int a_ring(void **state)
{
	*state = aligned_alloc(CACHE_LINE, sizeof(struct handover));
	*(struct handover *)*state = (struct handover){ 0 };
	return 0;
}

static int no_ring(void **state)
{
	free(*state);
	return 0;
}

static void frame_keeps_its_pieces_and_its_port(void **state)
{
	const struct seg head = { .addr = 1, .len = 10 };
	const struct seg more[2] = { { .addr = 2, .len = 20 }, { .addr = 3, .len = 30 } };
	struct handover_piece out[FRAME_SEGS];

	assert_true(handover_push(*state, PORT, &head, more, 2));
	assert_int_equal(handover_count(*state), 3);
	assert_int_equal(handover_pop(*state, out), 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(out[i].seg.addr, i + 1);
		assert_int_equal(out[i].seg.len, 10 * (i + 1));
		assert_int_equal(out[i].port, PORT);
		assert_int_equal(out[i].continues, i < 2);
	}
	assert_int_equal(handover_pop(*state, out), 0);
	assert_int_equal(handover_count(*state), 0);
}

static void full_ring_takes_no_part_of_a_frame(void **state)
{
	const struct seg piece[FRAME_SEGS] = { { 0 } };
	struct handover_piece out[FRAME_SEGS];
	uint32_t n = 0;

	while (handover_push(*state, PORT, &piece[0], &piece[1], FRAME_SEGS - 1))
		n++;
	assert_int_equal(n, HANDOVER_RING / FRAME_SEGS);
	assert_int_equal(handover_count(*state), n * FRAME_SEGS);
	while (handover_push(*state, PORT, &piece[0], NULL, 0))
		;
	assert_int_equal(handover_count(*state), HANDOVER_RING);
	assert_int_equal(handover_pop(*state, out), FRAME_SEGS);
	assert_true(handover_push(*state, PORT, &piece[0], &piece[1], FRAME_SEGS - 1));
}

static void order_is_kept_all_around_the_ring(void **state)
{
	struct handover_piece out[FRAME_SEGS];
	uint64_t pushed = 0, popped = 0;

	for (int i = 0; i < 5 * HANDOVER_RING; i++) {
		struct seg head = { .addr = pushed++, .len = 1 };

		assert_true(handover_push(*state, PORT, &head, NULL, 0));
		if (i % 3)
			continue;
		while (handover_pop(*state, out))
			assert_int_equal(out[0].seg.addr, popped++);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, a_ring, no_ring)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(frame_keeps_its_pieces_and_its_port),
		T(full_ring_takes_no_part_of_a_frame),
		T(order_is_kept_all_around_the_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
