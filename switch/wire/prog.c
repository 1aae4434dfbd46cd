/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/wire/prog.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "steer.skel.h"
#include "switch/base/log.h"

struct prog {
	struct steer_bpf *steer;
	int n_cpus;
	struct steer_counters *per_cpu; /* room for one reading of a row */
};

/* libbpf explains a failed load at length: for debugging only. */
static int to_our_log(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[900];
	int n = vsnprintf(line, sizeof(line), format, args);

	while (n > 0 && (size_t)n < sizeof(line) && line[n - 1] == '\n')
		line[--n] = '\0';
	if (level == LIBBPF_WARN)
		log_debug("libbpf: %s", line);
	return 0;
}

int prog_open(struct prog **out)
{
	struct prog *prog = calloc(1, sizeof(*prog));
	int ret = -ENOMEM;

	if (!prog)
		return ret;
	libbpf_set_print(to_our_log);
	prog->n_cpus = libbpf_num_possible_cpus();
	if (prog->n_cpus > 0)
		prog->per_cpu = calloc((size_t)prog->n_cpus, sizeof(*prog->per_cpu));
	if (!prog->per_cpu)
		goto fail;
	prog->steer = steer_bpf__open_and_load();
	if (!prog->steer) {
		ret = -errno;
		log_error("cannot load the XDP program: %s%s", strerror(-ret),
		          ret == -EPERM ? " (needs CAP_BPF and CAP_NET_ADMIN)" : "");
		goto fail;
	}
	*out = prog;
	return 0;
fail:
	prog_close(prog);
	return ret;
}

void prog_close(struct prog *prog)
{
	if (!prog)
		return;
	steer_bpf__destroy(prog->steer);
	free(prog->per_cpu);
	free(prog);
}

int prog_attach(struct prog *prog, int ifindex, bool generic)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts,
	            .flags = generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);

	return bpf_link_create(bpf_program__fd(prog->steer->progs.steer), ifindex, BPF_XDP, &opts);
}

/* The slot that holds 'ifindex', or with 0 a free one among those that
 * 'home' may use; NULL when there is none. */
static volatile struct steer_slot *slot_with(struct prog *prog, uint32_t ifindex, uint32_t home)
{
	for (uint32_t i = 0; i < STEER_PROBES; i++) {
		volatile struct steer_slot *slot =
			&prog->steer->bss->slots[(home + i) % STEER_SLOTS];

		if (slot->ifindex == ifindex)
			return slot;
	}
	return NULL;
}

int prog_add_port(struct prog *prog, int ifindex, uint16_t port)
{
	volatile struct steer_slot *slot = slot_with(prog, 0, (uint32_t)ifindex);
	const uint32_t row = port;

	if (!slot)
		return -ENOSPC;
	memset(prog->per_cpu, 0, (size_t)prog->n_cpus * sizeof(*prog->per_cpu));
	bpf_map_update_elem(bpf_map__fd(prog->steer->maps.counters), &row, prog->per_cpu, BPF_ANY);
	slot->port = port;
	__atomic_store_n(&slot->ifindex, (uint32_t)ifindex, __ATOMIC_RELEASE);
	return 0;
}

void prog_del_port(struct prog *prog, int ifindex)
{
	volatile struct steer_slot *slot = slot_with(prog, (uint32_t)ifindex, (uint32_t)ifindex);

	if (slot)
		__atomic_store_n(&slot->ifindex, 0, __ATOMIC_RELEASE);
}

int prog_set_socket(struct prog *prog, uint16_t port, uint32_t queue, int fd)
{
	const uint32_t key = STEER_SOCKET(port, queue);

	return bpf_map_update_elem(bpf_map__fd(prog->steer->maps.sockets), &key, &fd, BPF_ANY);
}

void prog_counters(struct prog *prog, uint16_t port, struct steer_counters *out)
{
	const uint32_t row = port;

	memset(out, 0, sizeof(*out));
	if (bpf_map_lookup_elem(bpf_map__fd(prog->steer->maps.counters), &row, prog->per_cpu))
		return;
	for (int cpu = 0; cpu < prog->n_cpus; cpu++) {
		out->rx_packets += prog->per_cpu[cpu].rx_packets;
		out->rx_bytes += prog->per_cpu[cpu].rx_bytes;
		for (int i = 0; i < N_STEER_DROPS; i++)
			out->drops[i] += prog->per_cpu[cpu].drops[i];
	}
}

void prog_name(uint32_t id, char *out, size_t size)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	snprintf(out, size, "id %u", id);
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.name[0])
		snprintf(out, size, "'%s', id %u", info.name, id);
	close(fd);
}
