/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/unit.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/flow.h"
#include "steer.skel.h"

/* Frame in, verdict and counters out, by program test-run. Nothing is
 * attached: the test-run's device is the loopback of this namespace. */

enum { PORT = 3, FRAME = 64 };

static int the_program(void **state)
{
	struct steer_bpf *steer = steer_bpf__open_and_load();

	*state = steer;
	return steer ? 0 : -1;
}

static int no_program(void **state)
{
	steer_bpf__destroy(*state);
	return 0;
}

static void name_device(struct steer_bpf *steer, uint32_t place, uint32_t ifindex, uint32_t port)
{
	steer->bss->slots[place % STEER_SLOTS].port = port;
	steer->bss->slots[place % STEER_SLOTS].ifindex = ifindex;
}

/* Runs the program once on a frame of 'len' bytes from the loopback device. */
static uint32_t run(struct steer_bpf *steer, uint32_t len)
{
	uint8_t frame[FRAME] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5 };
	struct xdp_md ctx = { .data_end = len, .ingress_ifindex = if_nametoindex("lo") };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .ctx_in = &ctx,
	            .ctx_size_in = sizeof(ctx), .repeat = 1);

	assert_ok(bpf_prog_test_run_opts(bpf_program__fd(steer->progs.steer), &opts));
	return opts.retval;
}

static struct steer_counters row_of(struct steer_bpf *steer, uint32_t row)
{
	const int n = libbpf_num_possible_cpus();
	struct steer_counters *cpu = calloc((size_t)n, sizeof(*cpu)), sum = { 0 };

	assert_ok(bpf_map_lookup_elem(bpf_map__fd(steer->maps.counters), &row, cpu));
	for (int i = 0; i < n; i++) {
		sum.rx_packets += cpu[i].rx_packets;
		sum.rx_bytes += cpu[i].rx_bytes;
		for (int d = 0; d < N_STEER_DROPS; d++)
			sum.drops[d] += cpu[i].drops[d];
	}
	free(cpu);
	return sum;
}

static void device_without_a_port_is_counted_apart(void **state)
{
	assert_int_equal(run(*state, FRAME), XDP_DROP);
	assert_int_equal(row_of(*state, STEER_ROW_NO_PORT).drops[STEER_NO_PORT], 1);
	assert_int_equal(row_of(*state, STEER_ROW_NO_PORT).rx_packets, 1);
}

static void queue_without_a_socket_is_counted(void **state)
{
	const uint32_t lo = if_nametoindex("lo");

	name_device(*state, lo, lo, PORT);
	assert_int_equal(run(*state, FRAME), XDP_DROP);
	assert_int_equal(run(*state, 60), XDP_DROP);
	assert_int_equal(row_of(*state, PORT).drops[STEER_NO_SOCKET], 2);
	assert_int_equal(row_of(*state, PORT).rx_packets, 2);
	assert_int_equal(row_of(*state, PORT).rx_bytes, FRAME + 60);
}

static void device_is_found_behind_others(void **state)
{
	const uint32_t lo = if_nametoindex("lo");

	for (uint32_t i = 0; i < STEER_PROBES - 1; i++)
		name_device(*state, lo + i, 10000 + i, PORT + 1);
	name_device(*state, lo + STEER_PROBES - 1, lo, PORT);
	run(*state, FRAME);
	assert_int_equal(row_of(*state, PORT).rx_packets, 1);
	assert_int_equal(row_of(*state, PORT + 1).rx_packets, 0);
}

static void shortest_frame_is_an_ethernet_header(void **state)
{
	const uint32_t lo = if_nametoindex("lo");

	name_device(*state, lo, lo, PORT);
	run(*state, 14);
	assert_int_equal(row_of(*state, PORT).drops[STEER_RUNT], 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, the_program, no_program)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(device_without_a_port_is_counted_apart),
		T(queue_without_a_socket_is_counted),
		T(device_is_found_behind_others),
		T(shortest_frame_is_an_ethernet_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
