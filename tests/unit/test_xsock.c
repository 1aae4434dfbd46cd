/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/wire.h"

enum { CHUNKS = 4096, SOCKET = 3, PORT = 7 };

struct fixture {
	uint8_t *area;
	struct pool *pool;
	struct pool_cache cache;
	struct wire wire;
	struct batch batch;
};

static int a_socket(void **state)
{
	const struct pool_config pc = { .n_nodes = 1, .chunks_per_node = CHUNKS };
	struct fixture *f = calloc(1, sizeof(*f));

	f->area = aligned_alloc(UMEM_CHUNK, (size_t)CHUNKS * UMEM_CHUNK);
	assert_ok(pool_new(&f->pool, &pc));
	pool_cache_init(&f->cache, f->pool, 0);
	wire_open(&f->wire, f->area, f->pool, SOCKET);
	*state = f;
	return 0;
}

static int no_socket(void **state)
{
	struct fixture *f = *state;

	wire_close(&f->wire);
	pool_free(f->pool);
	free(f->area);
	free(f);
	return 0;
}

static void refill(struct fixture *f, uint32_t target)
{
	xsock_refill(&f->wire.sock, &f->cache, target);
}

/* Gives back what a test has received. */
static void give_back(struct fixture *f)
{
	for (uint32_t i = 0; i < f->batch.n; i++)
		pool_cache_give(&f->cache, umem_chunk_of(f->batch.frames[i].head.addr));
	for (uint32_t i = 0; i < f->batch.n_more; i++)
		pool_cache_give(&f->cache, umem_chunk_of(f->batch.more[i].addr));
}

static void refill_lends_up_to_the_target(void **state)
{
	struct fixture *f = *state;

	refill(f, 256);
	assert_int_equal(f->wire.sock.lent_rx, 256);
	assert_int_equal(wire_chunks_held(&f->wire), 256);
	refill(f, 256);
	assert_int_equal(f->wire.sock.lent_rx, 256);
	refill(f, XSOCK_RING);
	assert_int_equal(f->wire.sock.lent_rx, XSOCK_RING);
}

static void refill_takes_what_there_is(void **state)
{
	struct fixture *f = *state;
	uint32_t chunk[CHUNKS];

	assert_int_equal(pool_take(f->pool, 0, chunk, CHUNKS - 100), CHUNKS - 100);
	refill(f, 256);
	assert_true(f->wire.sock.lent_rx >= 64 && f->wire.sock.lent_rx <= 100);
}

static void frame_is_received_as_it_arrived(void **state)
{
	static const uint8_t bytes[60] = "what is on the wire";
	struct fixture *f = *state;

	refill(f, 64);
	assert_ok(wire_arrives(&f->wire, bytes, sizeof(bytes)));
	assert_int_equal(xsock_recv(&f->wire.sock, &f->batch, PORT), 1);
	assert_int_equal(f->batch.frames[0].len, sizeof(bytes));
	assert_int_equal(f->batch.frames[0].in, PORT);
	assert_int_equal(f->batch.frames[0].n_more, 0);
	assert_memory_equal(f->batch.frames[0].data, bytes, sizeof(bytes));
	assert_int_equal(f->wire.sock.lent_rx, 63);
	assert_int_equal(xsock_recv(&f->wire.sock, &f->batch, PORT), 0);
}

static void batch_ends_with_a_whole_frame(void **state)
{
	static uint8_t bytes[9000];
	struct fixture *f = *state;

	refill(f, 256);
	for (int i = 0; i < 30; i++) /* three chunks each: 90 descriptors */
		assert_ok(wire_arrives(&f->wire, bytes, sizeof(bytes)));
	assert_int_equal(xsock_recv(&f->wire.sock, &f->batch, PORT), 21);
	assert_int_equal(f->batch.n_more, 42);
	assert_int_equal(f->batch.frames[20].len, sizeof(bytes));
	assert_int_equal(f->batch.frames[20].more, 40);
	assert_int_equal(f->wire.sock.lent_rx, 256 - 63);
	give_back(f);
	assert_int_equal(xsock_recv(&f->wire.sock, &f->batch, PORT), 9);
	assert_int_equal(f->wire.sock.lent_rx, 256 - 90);
}

static void empty_fill_ring_takes_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(wire_arrives(&f->wire, "x", 1), -ENOBUFS);
	assert_int_equal(xsock_recv(&f->wire.sock, &f->batch, PORT), 0);
}

static void sent_frame_comes_back_when_it_is_complete(void **state)
{
	struct fixture *f = *state;
	const uint32_t chunk = pool_cache_take(&f->cache);
	const struct seg head = { .addr = umem_addr_of(chunk) + 300, .len = 5 };
	const uint32_t held = pool_cache_held(&f->cache);
	uint8_t out[64];

	memcpy(f->area + head.addr, "hello", 5);
	assert_true(xsock_send(&f->wire.sock, &head, NULL, 0));
	assert_int_equal(pool_lent_to(f->pool, chunk), SOCKET);
	assert_int_equal(f->wire.sock.lent_tx, 1);
	assert_int_equal(xsock_reclaim(&f->wire.sock, &f->cache), 0);
	assert_int_equal(wire_sent(&f->wire, out, sizeof(out)), 5);
	assert_memory_equal(out, "hello", 5);
	assert_int_equal(xsock_reclaim(&f->wire.sock, &f->cache), 1);
	assert_int_equal(f->wire.sock.lent_tx, 0);
	assert_int_equal(pool_lent_to(f->pool, chunk), POOL_MINE);
	assert_int_equal(pool_cache_held(&f->cache), held + 1);
}

static void frame_that_does_not_fit_stays_ours(void **state)
{
	struct fixture *f = *state;
	struct seg piece[FRAME_SEGS];
	uint32_t sent = 0;

	for (int i = 0; i < FRAME_SEGS; i++)
		piece[i] = (struct seg){ .addr = umem_addr_of((uint32_t)i), .len = 1 };
	while (xsock_send(&f->wire.sock, &piece[0], &piece[1], FRAME_SEGS - 1))
		sent++;
	assert_int_equal(sent, XSOCK_RING / FRAME_SEGS);
	assert_int_equal(f->wire.sock.lent_tx, sent * FRAME_SEGS);
}

static void kick_without_a_kernel_keeps_the_backlog(void **state)
{
	struct fixture *f = *state;
	const struct seg head = { .addr = 0, .len = 1 };
	uint64_t bytes;

	assert_true(xsock_send(&f->wire.sock, &head, NULL, 0));
	assert_int_equal(xsock_kick(&f->wire.sock, &bytes), 0);
	assert_int_equal(bytes, 0);
	assert_true(f->wire.sock.backlog);
}

static void closing_gives_back_what_the_kernel_holds(void **state)
{
	struct fixture *f = *state;
	const uint32_t chunk = pool_cache_take(&f->cache);
	const struct seg head = { .addr = umem_addr_of(chunk), .len = 60 };

	refill(f, 128);
	assert_ok(wire_arrives(&f->wire, "frame", 5));
	assert_true(xsock_send(&f->wire.sock, &head, NULL, 0));
	assert_int_equal(f->wire.sock.lent_rx + f->wire.sock.lent_tx, 129);
	assert_int_equal(pool_collect(f->pool, SOCKET), 129);
	pool_cache_drain(&f->cache);
	assert_int_equal(pool_in_depots(f->pool), CHUNKS);
}

static void longest_frame_depends_on_the_kernel(void **state)
{
	struct fixture *f = *state;

	assert_true(xsock_max_len(&f->wire.sock) > 65535);
	f->wire.sock.multi = false;
	assert_int_equal(xsock_max_len(&f->wire.sock), 3840);
}

#define T(name) cmocka_unit_test_setup_teardown(name, a_socket, no_socket)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(refill_lends_up_to_the_target),
		T(refill_takes_what_there_is),
		T(frame_is_received_as_it_arrived),
		T(batch_ends_with_a_whole_frame),
		T(empty_fill_ring_takes_nothing),
		T(sent_frame_comes_back_when_it_is_complete),
		T(frame_that_does_not_fit_stays_ours),
		T(kick_without_a_kernel_keeps_the_backlog),
		T(closing_gives_back_what_the_kernel_holds),
		T(longest_frame_depends_on_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
