/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Do the same frames leave by every way, byte for byte and in order?
 *
 *   near (switch's end) ══ veth ══ far (an AF_PACKET socket listens)
 *
 * A table of frames lies in the packet memory. Each way sends all of them; what
 * arrives at the far end must be the table, whichever way it was. A way that
 * is new becomes one more test.
 */
#include "tests/lab/space.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include "switch/base/macros.h"
#include "switch/frame/pool.h"
#include "switch/wire/burst.h"
#include "switch/wire/xsock.h"

enum { CHUNKS = 2048, FRAMES = 60, LONGEST = 9014, SOCKET = 1, WAIT_MS = 3000 };

/* A frame in the packet memory. */
struct laid {
	uint32_t len;
	uint32_t n_more;
	struct seg piece[FRAME_SEGS];
};

struct lab {
	struct umem *umem;
	struct pool *pool;
	struct pool_cache cache;
	struct xsock *sock;
	struct xsock_books books;
	struct burst *burst;
	int listener;
	uint32_t near;
	struct laid frame[FRAMES];
};

static uint32_t length_of(uint32_t i)
{
	static const uint32_t special[] = {
		14, 15, 60, 1514, 1792, 1793, 2048, 3840, 3841, LONGEST
	};

	return i < ARRAY_SIZE(special) ? special[i] : 14 + i * 2654435761u % (LONGEST - 14);
}

/* Byte 'at' of frame 'i': addresses, a local EtherType, then a pattern. */
static uint8_t byte_of(uint32_t i, uint32_t at)
{
	static const uint8_t header[14] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 };

	return at < sizeof(header) ? header[at] : (uint8_t)(i * 31 + at * 7 + (at >> 8));
}

/* Lays a frame into fresh chunks, as the kernel would, some a tag later. */
static void lay(struct lab *lab, uint32_t i)
{
	struct laid *f = &lab->frame[i];
	const uint32_t head = UMEM_HEADROOM + (i % 3 ? 0 : 4);
	uint32_t at = 0;

	*f = (struct laid){ .len = length_of(i) };
	for (uint32_t n = 0; at < f->len; n++) {
		const uint32_t offset = n ? UMEM_HEADROOM : head;
		struct seg *piece = &f->piece[n];

		piece->addr = umem_addr_of(pool_cache_take(&lab->cache)) + offset;
		piece->len = MIN(f->len - at, UMEM_CHUNK - offset);
		for (uint32_t k = 0; k < piece->len; k++)
			lab->umem->area[piece->addr + k] = byte_of(i, at + k);
		at += piece->len;
		f->n_more = n;
	}
}

static int listen_at(const char *name)
{
	const struct sockaddr_ll address = { .sll_family = AF_PACKET,
		                             .sll_protocol = htons(0x88b5),
		                             .sll_ifindex = (int)if_nametoindex(name) };
	const int size = 8 << 20;
	int fd = socket(AF_PACKET, SOCK_RAW, htons(0x88b5));

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		return -1;
	return fd;
}

static int a_lab(void **state)
{
	const struct pool_config pc = { .n_nodes = 1, .chunks_per_node = CHUNKS };
	const int node = 0;
	struct lab *lab = calloc(1, sizeof(*lab));
	struct xsock_config sc = { .ifname = "near", .id = SOCKET };

	*state = lab;
	if (geteuid())
		return 0;
	run("ip link add near mtu 9000 type veth peer name far mtu 9000");
	run("ip link set near up && ip link set far up");
	assert_ok(umem_open(&lab->umem, &node, 1, CHUNKS));
	assert_ok(pool_new(&lab->pool, &pc));
	pool_cache_init(&lab->cache, lab->pool, 0);
	sc.umem = lab->umem;
	sc.pool = lab->pool;
	assert_ok(xsock_open(&lab->sock, &sc));
	lab->sock->books = &lab->books;
	assert_ok(burst_open(&lab->burst, lab->umem));
	lab->near = if_nametoindex("near");
	lab->listener = listen_at("far");
	assert_true(lab->listener >= 0);
	for (uint32_t i = 0; i < FRAMES; i++)
		lay(lab, i);
	return 0;
}

static int no_lab(void **state)
{
	struct lab *lab = *state;

	if (!geteuid()) {
		close(lab->listener);
		burst_close(lab->burst);
		xsock_close(lab->sock);
		pool_free(lab->pool);
		umem_close(lab->umem);
		run("ip link del near");
	}
	free(lab);
	return 0;
}

/* The next frame at the far end is number 'i'. */
static void assert_arrives(struct lab *lab, uint32_t i)
{
	struct pollfd poll_fd = { .fd = lab->listener, .events = POLLIN };
	static uint8_t bytes[65536];
	ssize_t len;

	if (poll(&poll_fd, 1, WAIT_MS) != 1)
		fail_msg("frame %u did not arrive", i);
	len = recv(lab->listener, bytes, sizeof(bytes), 0);
	assert_int_equal(len, length_of(i));
	for (uint32_t at = 0; at < len; at++)
		if (bytes[at] != byte_of(i, at))
			fail_msg("frame %u differs at byte %u", i, at);
}

static void assert_nothing_more(struct lab *lab)
{
	struct pollfd poll_fd = { .fd = lab->listener, .events = POLLIN };

	assert_int_equal(poll(&poll_fd, 1, 0), 0);
}

static void by_socket(void **state)
{
	struct lab *lab = *state;
	uint64_t bytes;

	needs_root();
	for (uint32_t i = 0; i < FRAMES; i++) {
		const struct laid *f = &lab->frame[i];

		if (f->n_more && !lab->sock->multi)
			continue;
		assert_true(xsock_send(lab->sock, &f->piece[0], &f->piece[1], f->n_more));
		assert_int_equal(xsock_kick(lab->sock, &bytes), 0);
		assert_arrives(lab, i);
	}
	assert_nothing_more(lab);
}

static void socket_says_what_was_refused(void **state)
{
	static const uint32_t sent[] = { 2, 3, 4, 0 };
	struct lab *lab = *state;
	uint64_t bytes;

	needs_root();
	run("ip link set far mtu 1000"); /* drops the second and the third */
	for (size_t i = 0; i < ARRAY_SIZE(sent); i++)
		assert_true(xsock_send(lab->sock, lab->frame[sent[i]].piece, NULL, 0));
	assert_int_equal(xsock_kick(lab->sock, &bytes), 2);
	assert_int_equal(bytes, length_of(3) + length_of(4));
	assert_arrives(lab, 2);
	assert_arrives(lab, 0);
	assert_true(xsock_send(lab->sock, lab->frame[3].piece, NULL, 0));
	assert_int_equal(xsock_kick(lab->sock, &bytes), 1);
	assert_int_equal(bytes, length_of(3));
}

static void by_burst(void **state)
{
	uint8_t results[FRAMES];
	struct lab *lab = *state;

	needs_root();
	for (uint32_t i = 0; i < FRAMES; i++) {
		const struct laid *f = &lab->frame[i];

		assert_true(burst_add(lab->burst, lab->near, f->len, &f->piece[0], &f->piece[1],
		                      f->n_more));
	}
	assert_true(burst_run(lab->burst, results) > 1);
	for (uint32_t i = 0; i < FRAMES; i++) {
		assert_int_equal(results[i], BURST_SENT);
		assert_arrives(lab, i);
	}
	assert_nothing_more(lab);
}

static void again_by_burst(void **state)
{
	uint8_t results[3 * FRAMES];
	struct lab *lab = *state;

	needs_root();
	for (uint32_t i = 0; i < FRAMES; i++) {
		const struct laid *f = &lab->frame[i];

		assert_true(burst_add(lab->burst, lab->near, f->len, &f->piece[0], &f->piece[1],
		                      f->n_more));
		assert_true(burst_again(lab->burst, lab->near));
		assert_true(burst_again(lab->burst, lab->near));
		assert_true(burst_run(lab->burst, results) > 0);
		for (int n = 0; n < 3; n++) {
			assert_int_equal(results[n], BURST_SENT);
			assert_arrives(lab, i);
		}
	}
	assert_nothing_more(lab);
}

static void long_repeats_are_described_anew(void **state)
{
	struct lab *lab = *state;
	const struct laid *f = &lab->frame[9];
	uint8_t results[BURST_RUN + 1];
	uint32_t n = 0;

	needs_root();
	assert_true(burst_add(lab->burst, lab->near, f->len, f->piece, f->piece + 1, f->n_more));
	while (burst_again(lab->burst, lab->near))
		n++;
	assert_int_equal(n, BURST_RUN);
	assert_int_equal(burst_run(lab->burst, results), 1);
	for (uint32_t i = 0; i <= n; i++) {
		assert_int_equal(results[i], BURST_SENT);
		assert_arrives(lab, 9);
	}
}

static void burst_says_what_was_refused(void **state)
{
	struct lab *lab = *state;
	const struct laid *f = &lab->frame[2];
	uint8_t results[3];

	needs_root();
	assert_true(burst_add(lab->burst, lab->near, f->len, f->piece, NULL, 0));
	assert_true(burst_add(lab->burst, 4711, f->len, f->piece, NULL, 0));
	assert_true(burst_again(lab->burst, lab->near));
	assert_int_equal(burst_run(lab->burst, results), 1);
	assert_int_equal(results[0], BURST_SENT);
	assert_int_equal(results[1], BURST_REFUSED);
	assert_int_equal(results[2], BURST_SENT);
	assert_arrives(lab, 2);
	assert_arrives(lab, 2);
	run("ip link set far down");
	assert_true(burst_add(lab->burst, lab->near, f->len, f->piece, NULL, 0));
	assert_int_equal(burst_run(lab->burst, results), 1);
	assert_int_equal(results[0], BURST_REFUSED);
}

static void frame_that_cannot_be_built_spoils_no_other(void **state)
{
	struct lab *lab = *state;
	const struct laid *f = &lab->frame[2];
	const struct seg nowhere = { .addr = umem_addr_of(CHUNKS) + UMEM_HEADROOM, .len = 60 };
	const struct seg too_high = { .addr = BURST_HALF, .len = 60 };
	uint8_t results[3];

	needs_root();
	assert_false(burst_add(lab->burst, lab->near, 60, &too_high, NULL, 0));
	assert_true(burst_add(lab->burst, lab->near, 60, &nowhere, NULL, 0));
	assert_true(burst_again(lab->burst, lab->near));
	assert_true(burst_add(lab->burst, lab->near, f->len, f->piece, NULL, 0));
	assert_int_equal(burst_run(lab->burst, results), 1);
	assert_int_equal(results[0], BURST_FAILED);
	assert_int_equal(results[1], BURST_FAILED);
	assert_int_equal(results[2], BURST_SENT);
	assert_arrives(lab, 2);
	assert_nothing_more(lab);
}

static void full_ring_takes_no_more(void **state)
{
	struct lab *lab = *state;
	const struct laid *f = &lab->frame[2];
	uint8_t results[BURST_RING];
	uint32_t n = 0;

	needs_root();
	run("ip link set far down");
	while (burst_add(lab->burst, lab->near, f->len, f->piece, NULL, 0))
		n++;
	assert_in_range(n, BURST_RING - 2, BURST_RING);
	assert_in_range(burst_run(lab->burst, results), n / BURST_RUN, n / BURST_RUN + 1);
	assert_true(burst_add(lab->burst, lab->near, f->len, f->piece, NULL, 0));
}

#define T(name) cmocka_unit_test_setup_teardown(name, a_lab, no_lab)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(by_socket),
		T(socket_says_what_was_refused),
		T(by_burst),
		T(again_by_burst),
		T(long_repeats_are_described_anew),
		T(burst_says_what_was_refused),
		T(frame_that_cannot_be_built_spoils_no_other),
		T(full_ring_takes_no_more),
	};

	return cmocka_run_group_tests(tests, space_enter, NULL);
}
