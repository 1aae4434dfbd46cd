/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "switch/frame/eth.h"
#include "tests/fake/plane.h"

/* Pipeline and output together, on fake wires: frame in, frames out. */

static int a_plane(void **state)
{
	struct plane *plane = aligned_alloc(64, (sizeof(*plane) + 63) / 64 * 64);

	plane_open(plane);
	*state = plane;
	return 0;
}

/* The same, but bursts are possible, and taken as the chooser likes. */
static int a_bursting_plane(void **state)
{
	struct plane *plane;

	a_plane(state);
	plane = *state;
	plane->output.burst = plane->burst;
	plane_adopt(plane);
	return 0;
}

static int no_plane(void **state)
{
	plane_close(*state);
	free(*state);
	return 0;
}

/* Host n has address 02:00:00:00:00:n. */
struct sent_frame {
	uint8_t bytes[PLANE_FRAME_MAX];
	size_t len;
};

static struct sent_frame frame;

static void put_mac(uint8_t *at, uint8_t host)
{
	const uint8_t mac[6] = { 2, 0, 0, 0, 0, host };

	memcpy(at, mac, 6);
}

/* Makes a frame of 'len' bytes to host 'to' (0: broadcast) from host 'from',
 * with tag 'tci' unless that is below 0. */
static void make(uint8_t to, uint8_t from, int tci, size_t len)
{
	size_t at = 12;

	for (size_t i = 0; i < len; i++)
		frame.bytes[i] = (uint8_t)(i * 7);
	if (to)
		put_mac(frame.bytes, to);
	else
		memset(frame.bytes, 0xff, 6);
	put_mac(frame.bytes + 6, from);
	if (tci >= 0) {
		frame.bytes[at++] = 0x81;
		frame.bytes[at++] = 0x00;
		frame.bytes[at++] = (uint8_t)(tci >> 8);
		frame.bytes[at++] = (uint8_t)tci;
	}
	frame.bytes[at++] = 0x88;
	frame.bytes[at] = 0xb5; /* local experimental EtherType, IEEE 802 */
	frame.len = len;
}

static void arrives(struct plane *plane, uint16_t port)
{
	plane_frame(plane, port, frame.bytes, frame.len);
}

/* Host 'from' says something on 'port', so that it is known. */
static void says_hello(struct plane *plane, uint8_t from, uint16_t port)
{
	make(0, from, -1, 60);
	arrives(plane, port);
	for (uint16_t i = 0; i < PLANE_PORTS; i++)
		while (plane_sent(plane, i))
			;
}

/* Exactly the ports in 'mask' have been sent the frame, unchanged. */
static void assert_sent_to(struct plane *plane, uint32_t mask)
{
	for (uint16_t i = 0; i < PLANE_PORTS; i++) {
		const size_t len = plane_sent(plane, i);

		assert_int_equal(len, mask >> i & 1 ? frame.len : 0);
		if (len)
			assert_memory_equal(plane->sent, frame.bytes, len);
		assert_int_equal(plane_sent(plane, i), 0);
	}
	plane_turn(plane);
	assert_true(plane_balances(plane));
}

static void assert_dropped(struct plane *plane, uint16_t port, enum fate fate, uint64_t n)
{
	assert_int_equal(plane->stats[port].drops[fate], n);
}

#define ALL_BUT(port) (((1u << PLANE_PORTS) - 1) & ~(1u << (port)))

static void unknown_destination_is_flooded(void **state)
{
	make(9, 1, -1, 60);
	arrives(*state, 2);
	assert_sent_to(*state, ALL_BUT(2));
}

static void broadcast_is_flooded(void **state)
{
	make(0, 1, -1, 60);
	arrives(*state, 0);
	assert_sent_to(*state, ALL_BUT(0));
}

static void known_destination_gets_the_frame_alone(void **state)
{
	struct plane *plane = *state;

	says_hello(plane, 9, 4);
	make(9, 1, -1, 100);
	arrives(plane, 2);
	assert_sent_to(plane, 1u << 4);
	assert_int_equal(plane->stats[4].tx_packets, 1);
	assert_int_equal(plane->stats[4].tx_bytes, 100);
}

static void moved_host_is_found_at_once(void **state)
{
	says_hello(*state, 9, 4);
	says_hello(*state, 9, 5);
	make(9, 1, -1, 60);
	arrives(*state, 2);
	assert_sent_to(*state, 1u << 5);
}

static void frame_never_leaves_where_it_came_in(void **state)
{
	says_hello(*state, 9, 4);
	make(9, 1, -1, 60);
	arrives(*state, 4);
	assert_sent_to(*state, 0);
	assert_dropped(*state, 4, FATE_SAME_PORT, 1);
}

static void impossible_sources_are_dropped_and_not_learned(void **state)
{
	struct plane *plane = *state;

	make(0, 1, -1, 60);
	frame.bytes[6] = 0x03;
	arrives(plane, 1);
	memset(frame.bytes + 6, 0, 6);
	arrives(plane, 1);
	assert_sent_to(plane, 0);
	assert_dropped(plane, 1, FATE_SOURCE_INVALID, 2);
	assert_int_equal(fdb_count(plane->fdb), 0);
}

static void link_control_frames_stay(void **state)
{
	static const uint8_t lldp[6] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e };
	static const uint8_t beyond[6] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x10 };

	make(0, 1, -1, 60);
	memcpy(frame.bytes, lldp, 6);
	arrives(*state, 1);
	assert_sent_to(*state, 0);
	assert_dropped(*state, 1, FATE_L2_CONTROL, 1);
	memcpy(frame.bytes, beyond, 6);
	arrives(*state, 1);
	assert_sent_to(*state, ALL_BUT(1));
}

static void runts_are_dropped(void **state)
{
	for (size_t len = 1; len < ETH_HEADER_LEN; len++) {
		make(0, 1, -1, 60);
		frame.len = len;
		arrives(*state, 1);
		assert_sent_to(*state, 0);
	}
	assert_dropped(*state, 1, FATE_RUNT, ETH_HEADER_LEN - 1);
	make(0, 1, -1, ETH_HEADER_LEN);
	arrives(*state, 1);
	assert_sent_to(*state, ALL_BUT(1));
}

static void port_that_is_down_neither_takes_nor_gets(void **state)
{
	struct plane *plane = *state;

	says_hello(plane, 9, 3);
	plane->port[3].forwarding = false;
	plane_adopt(plane);
	make(0, 9, -1, 60);
	arrives(plane, 3);
	assert_sent_to(plane, 0);
	assert_dropped(plane, 3, FATE_PORT_DOWN, 1);
	make(0, 1, -1, 60);
	arrives(plane, 0);
	assert_sent_to(plane, ALL_BUT(0) & ~(1u << 3));
	make(9, 1, -1, 60);
	arrives(plane, 0);
	assert_sent_to(plane, 0);
	assert_dropped(plane, 3, FATE_PORT_DOWN, 2);
}

static void port_without_flooding_gets_what_it_is_known_for(void **state)
{
	struct plane *plane = *state;

	plane->port[3].flood = false;
	plane_adopt(plane);
	make(9, 1, -1, 60);
	arrives(plane, 0);
	assert_sent_to(plane, ALL_BUT(0) & ~(1u << 3));
	make(0, 1, -1, 60);
	arrives(plane, 0);
	assert_sent_to(plane, ALL_BUT(0));
	says_hello(plane, 9, 3);
	make(9, 1, -1, 60);
	arrives(plane, 0);
	assert_sent_to(plane, 1u << 3);
}

static void port_without_learning_teaches_nothing(void **state)
{
	struct plane *plane = *state;

	plane->port[3].learning = false;
	plane_adopt(plane);
	says_hello(plane, 9, 3);
	make(9, 1, -1, 60);
	arrives(plane, 0);
	assert_sent_to(plane, ALL_BUT(0));
}

static void isolated_ports_reach_only_the_others(void **state)
{
	struct plane *plane = *state;

	plane->port[1].isolated = plane->port[2].isolated = true;
	plane_adopt(plane);
	says_hello(plane, 9, 2);
	make(0, 1, -1, 60);
	arrives(plane, 1);
	assert_sent_to(plane, ALL_BUT(1) & ~(1u << 2));
	make(9, 1, -1, 60);
	arrives(plane, 1);
	assert_sent_to(plane, 0);
	assert_dropped(plane, 2, FATE_ISOLATED, 2);
	make(9, 3, -1, 60);
	arrives(plane, 0);
	assert_sent_to(plane, 1u << 2);
}

static void frame_with_nobody_to_go_to_is_counted(void **state)
{
	struct plane *plane = *state;

	for (int i = 1; i < PLANE_PORTS; i++)
		plane->port[i].forwarding = false;
	plane_adopt(plane);
	make(0, 1, -1, 60);
	arrives(plane, 0);
	assert_sent_to(plane, 0);
	assert_dropped(plane, 0, FATE_NO_DESTINATION, 1);
}

static void mtu_is_kept_and_a_tag_comes_on_top(void **state)
{
	make(0, 1, -1, 1514);
	arrives(*state, 0);
	assert_sent_to(*state, ALL_BUT(0));
	make(0, 1, -1, 1515);
	arrives(*state, 0);
	assert_sent_to(*state, 0);
	assert_dropped(*state, 5, FATE_TOO_LONG, 1);
	make(0, 1, 10, 1518);
	arrives(*state, 0);
	assert_sent_to(*state, ALL_BUT(0));
	make(0, 1, 10, 1519);
	arrives(*state, 0);
	assert_sent_to(*state, 0);
}

static void vlans_do_not_share_addresses(void **state)
{
	struct plane *plane = *state;

	make(0, 9, 10, 64);
	arrives(plane, 3);
	assert_sent_to(plane, ALL_BUT(3));
	make(9, 1, 10, 64);
	arrives(plane, 0);
	assert_sent_to(plane, 1u << 3);
	make(9, 1, 20, 64);
	arrives(plane, 0);
	assert_sent_to(plane, ALL_BUT(0));
}

static void priority_tag_is_vlan_0_and_leaves_untagged(void **state)
{
	uint8_t untagged[60];

	says_hello(*state, 9, 3);
	make(9, 1, 5 << 13, 64);
	memcpy(untagged, frame.bytes, 12);
	memcpy(untagged + 12, frame.bytes + 16, 48);
	arrives(*state, 0);
	memcpy(frame.bytes, untagged, frame.len = sizeof(untagged));
	assert_sent_to(*state, 1u << 3);
}

static void long_frames_pass_whole(void **state)
{
	static const size_t lengths[] = { 3839, 3840, 3841, 9014, 65535 };
	struct plane *plane = *state;

	for (int i = 0; i < PLANE_PORTS; i++)
		plane->port[i].max_len = 65535;
	plane_adopt(plane);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		make(0, 1, -1, lengths[i]);
		arrives(plane, 0);
		assert_sent_to(plane, ALL_BUT(0));
	}
}

static void unfinished_checksum_is_finished_for_liars_only(void **state)
{
	/* UDP 10.0.0.1:1 > 10.0.0.2:2, 4 bytes; the checksum holds the sum of
	 * the pseudo-header, 0x1420. */
	static const uint8_t packet[] = { 0x45, 0,  0, 32, 0,    0,    0,   0,   64,  17, 0,
		                          0,    10, 0, 0,  1,    10,   0,   0,   2,   0,  1,
		                          0,    2,  0, 12, 0x14, 0x20, 'x', 's', 'w', '!' };
	struct plane *plane = *state;
	uint8_t expected[46];

	make(0, 1, -1, sizeof(expected));
	frame.bytes[12] = 0x08;
	frame.bytes[13] = 0x00;
	memcpy(frame.bytes + 14, packet, sizeof(packet));
	arrives(plane, 0);
	assert_sent_to(plane, ALL_BUT(0));
	plane->port[0].truthful = false;
	plane_adopt(plane);
	arrives(plane, 0);
	memcpy(expected, frame.bytes, sizeof(expected));
	assert_int_equal(plane_sent(plane, 1), sizeof(expected));
	assert_memory_not_equal(plane->sent, expected, sizeof(expected));
	expected[40] = plane->sent[40];
	expected[41] = plane->sent[41];
	assert_memory_equal(plane->sent, expected, sizeof(expected));
}

static void no_chunk_for_a_copy_is_counted(void **state)
{
	struct plane *plane = *state;
	uint32_t taken[PLANE_CHUNKS];
	uint32_t n;

	make(0, 1, -1, 60);
	assert_int_equal(wire_arrives(&plane->wire[0], frame.bytes, frame.len), 0);
	pool_cache_drain(&plane->cache);
	n = pool_take(plane->pool, 0, taken, PLANE_CHUNKS);
	plane_turn(plane);
	pool_give(plane->pool, taken, n);
	assert_sent_to(plane, 1u << 5);
	for (uint16_t i = 1; i < 5; i++)
		assert_dropped(plane, i, FATE_NO_FRAMES, 1);
}

static void full_tx_ring_is_counted(void **state)
{
	struct plane *plane = *state;
	uint32_t n = 0;

	says_hello(plane, 9, 3);
	make(9, 1, -1, 60);
	while (!plane->stats[3].drops[FATE_TX_RING_FULL] && n++ < 2 * PLANE_CHUNKS)
		arrives(plane, 0);
	assert_true(plane_balances(plane));
	assert_int_equal(plane->stats[3].tx_packets, XSOCK_RING);
}

/* A switch so simple that it must be right: who was last seen where. */
struct model {
	int8_t where[8]; /* by host; -1 unknown */
};

static uint32_t model_expects(struct model *m, uint8_t to, uint8_t from, uint16_t port)
{
	m->where[from] = (int8_t)port;
	if (!to || m->where[to] < 0)
		return ALL_BUT(port);
	return m->where[to] == port ? 0 : 1u << m->where[to];
}

static void random_traffic_agrees_with_a_model(void **state)
{
	struct model model;

	memset(&model, -1, sizeof(model));
	srand(1);
	for (int i = 0; i < 20000; i++) {
		const uint8_t to = (uint8_t)(rand() % 8), from = (uint8_t)(1 + rand() % 7);
		const uint16_t port = (uint16_t)(rand() % PLANE_PORTS);

		make(to, from, -1, (size_t)(14 + rand() % 1501));
		arrives(*state, port);
		assert_sent_to(*state, model_expects(&model, to, from, port));
	}
}

/* ---- what only bursts do ---- */

/* The chooser is made to think that a burst is cheaper for any size. */
static void prefer_bursts(struct plane *plane)
{
	for (int size = 0; size < CHOOSER_SIZES; size++) {
		plane->output.chooser.choices[size] = CHOOSER_TRIALS;
		plane->output.chooser.cost[WAY_AF_XDP][size] = 1000;
		plane->output.chooser.cost[WAY_BURST][size] = 1;
	}
}

static void flood_by_burst_needs_no_copies(void **state)
{
	struct plane *plane = *state;
	uint32_t taken[PLANE_CHUNKS];
	uint32_t n;

	prefer_bursts(plane);
	make(0, 1, -1, 60);
	assert_int_equal(wire_arrives(&plane->wire[0], frame.bytes, frame.len), 0);
	pool_cache_drain(&plane->cache);
	n = pool_take(plane->pool, 0, taken, PLANE_CHUNKS);
	plane_turn(plane);
	pool_give(plane->pool, taken, n);
	assert_sent_to(plane, ALL_BUT(0));
	assert_int_equal(plane->output.burst_frames, PLANE_PORTS - 1);
}

static void refused_by_the_device_is_counted(void **state)
{
	struct plane *plane = *state;

	prefer_bursts(plane);
	fake_burst_refuse(plane->burst, 3 + 1);
	make(0, 1, -1, 60);
	arrives(plane, 0);
	assert_sent_to(plane, ALL_BUT(0) & ~(1u << 3));
	assert_dropped(plane, 3, FATE_DEVICE_REFUSED, 1);
	assert_int_equal(plane->stats[3].tx_packets, 0);
}

static void sockets_take_over_when_bursts_fail(void **state)
{
	struct plane *plane = *state;

	prefer_bursts(plane);
	fake_burst_break_after(plane->burst, 2);
	make(0, 1, -1, 60);
	arrives(plane, 0);
	assert_sent_to(plane, ALL_BUT(0));
	assert_null(plane->output.burst);
	arrives(plane, 0);
	assert_sent_to(plane, ALL_BUT(0));
}

static void ports_of_both_kinds_get_a_flood(void **state)
{
	struct plane *plane = *state;

	prefer_bursts(plane);
	plane->port[1].way = plane->port[5].way = VIEW_WAY_SOCKET;
	plane->port[2].way = VIEW_WAY_BURST;
	plane_adopt(plane);
	for (int i = 0; i < 100; i++) {
		make(0, 1, -1, (size_t)(60 + i));
		arrives(plane, (uint16_t)(i % PLANE_PORTS));
		assert_sent_to(plane, ALL_BUT(i % PLANE_PORTS));
	}
}

static void busy_tx_ring_keeps_its_port_off_bursts(void **state)
{
	struct plane *plane = *state;
	uint64_t before;

	says_hello(plane, 9, 3);
	before = plane->output.burst_frames;
	make(9, 1, -1, 60);
	plane->wire[3].sock.backlog = true; /* frames wait there from before */
	prefer_bursts(plane);
	arrives(plane, 0);
	assert_int_equal(wire_sent(&plane->wire[3], plane->sent, sizeof(plane->sent)), 60);
	assert_int_equal(plane->output.burst_frames, before);
	assert_sent_to(plane, 0);
}

#define S(name) cmocka_unit_test_setup_teardown(name, a_plane, no_plane)
#define B(name)                                                                                    \
	{                                                                                          \
		"burst_" #name, name, a_bursting_plane, no_plane, NULL                             \
	}
#define T(name) S(name), B(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(unknown_destination_is_flooded),
		T(broadcast_is_flooded),
		T(known_destination_gets_the_frame_alone),
		T(moved_host_is_found_at_once),
		T(frame_never_leaves_where_it_came_in),
		T(impossible_sources_are_dropped_and_not_learned),
		T(link_control_frames_stay),
		T(runts_are_dropped),
		T(port_that_is_down_neither_takes_nor_gets),
		T(port_without_flooding_gets_what_it_is_known_for),
		T(port_without_learning_teaches_nothing),
		T(isolated_ports_reach_only_the_others),
		T(frame_with_nobody_to_go_to_is_counted),
		T(mtu_is_kept_and_a_tag_comes_on_top),
		T(vlans_do_not_share_addresses),
		T(priority_tag_is_vlan_0_and_leaves_untagged),
		T(long_frames_pass_whole),
		T(unfinished_checksum_is_finished_for_liars_only),
		T(random_traffic_agrees_with_a_model),
		S(no_chunk_for_a_copy_is_counted),
		S(full_tx_ring_is_counted),
		B(flood_by_burst_needs_no_copies),
		B(refused_by_the_device_is_counted),
		B(sockets_take_over_when_bursts_fail),
		B(ports_of_both_kinds_get_a_flood),
		B(busy_tx_ring_keeps_its_port_off_bursts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
