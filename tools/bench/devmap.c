/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * devmap: the least a kernel can do between two devices: XDP redirects every
 * frame of one out of the other, without a look.
 *
 *   devmap IFACE IFACE
 *
 * Prints "ready" and works until its stdin ends.
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/if_link.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "peer.skel.h"

static struct peer_bpf *attach(int from, int to)
{
	const __u32 zero = 0;
	struct peer_bpf *skel = peer_bpf__open_and_load();

	if (!skel)
		return NULL;
	if (bpf_map_update_elem(bpf_map__fd(skel->maps.devices), &zero, &to, 0) ||
	    bpf_xdp_attach(from, bpf_program__fd(skel->progs.to_device), XDP_FLAGS_DRV_MODE,
	                   NULL)) {
		peer_bpf__destroy(skel);
		return NULL;
	}
	return skel;
}

static void wait_for_end(void)
{
	char bytes[64];

	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, bytes, sizeof(bytes)) > 0)
		;
}

int main(int argc, char **argv)
{
	const int a = argc == 3 ? (int)if_nametoindex(argv[1]) : 0;
	const int b = argc == 3 ? (int)if_nametoindex(argv[2]) : 0;
	struct peer_bpf *there;
	struct peer_bpf *back;

	if (!a || !b) {
		fprintf(stderr, "usage: devmap IFACE IFACE\n");
		return 2;
	}
	there = attach(a, b);
	back = there ? attach(b, a) : NULL;
	if (back)
		wait_for_end();
	else
		perror("devmap");
	if (back)
		bpf_xdp_detach(b, XDP_FLAGS_DRV_MODE, NULL);
	if (there)
		bpf_xdp_detach(a, XDP_FLAGS_DRV_MODE, NULL);
	peer_bpf__destroy(back);
	peer_bpf__destroy(there);
	return back ? 0 : 1;
}
