/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "switch/plane/handover.h"

enum { FRAMES = 200000 };

/* Frame n has n % 4 + 1 pieces, all of them with address n. */
static void *produce(void *arg)
{
	for (uint64_t n = 0; n < FRAMES; n++) {
		const struct seg piece[4] = { { n, 0 }, { n, 1 }, { n, 2 }, { n, 3 } };

		while (!handover_push(arg, (uint16_t)n, &piece[0], &piece[1], n % 4))
			sched_yield();
	}
	return NULL;
}

static void frames_cross_whole_and_in_order(void **state)
{
	struct handover *ring = aligned_alloc(CACHE_LINE, sizeof(*ring));
	struct handover_piece out[FRAME_SEGS];
	pthread_t producer;

	*ring = (struct handover){ 0 };
	assert_ok(pthread_create(&producer, NULL, produce, ring));
	for (uint64_t n = 0; n < FRAMES; n++) {
		uint32_t pieces;

		while (!(pieces = handover_pop(ring, out)))
			sched_yield();
		assert_int_equal(pieces, n % 4 + 1);
		for (uint32_t i = 0; i < pieces; i++) {
			assert_int_equal(out[i].seg.addr, n);
			assert_int_equal(out[i].seg.len, i);
			assert_int_equal(out[i].port, (uint16_t)n);
		}
	}
	assert_ok(pthread_join(producer, NULL));
	assert_int_equal(handover_count(ring), 0);
	free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_cross_whole_and_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
