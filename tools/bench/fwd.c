/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fwd: the plain AF_XDP forwarder, what any switch on AF_XDP starts from.
 *
 *   fwd IFACE IFACE
 *
 * Copy mode, one queue on each of two devices, busy polling by one thread. The
 * packet memory is registered with both sockets, so a frame goes from one RX
 * ring to the other TX ring without a copy in user space. It looks at nothing.
 * Prints "ready" and works until SIGTERM.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_link.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/xsk.h>

#include "peer.skel.h"

#define RING   2048
#define BATCH  64
#define CHUNK  2048
#define CHUNKS (4 * RING)
#define KICKS  8 /* sendto() moves at most 32 frames: so many, and then life goes on */

struct port {
	int ifindex;
	struct peer_bpf *skel;
	struct xsk_umem *umem;
	struct xsk_socket *socket;
	struct xsk_ring_prod fill;
	struct xsk_ring_cons completed;
	struct xsk_ring_cons rx;
	struct xsk_ring_prod tx;
};

/* Chunks that nobody has. */
static __u64 spare[CHUNKS];
static unsigned int n_spare;
static volatile sig_atomic_t is_over;

static void on_signal(int signal)
{
	is_over = 1;
}

/* --- set-up ------------------------------------------------------------------------ */

static int open_socket(struct port *port, const char *iface, void *area)
{
	const struct xsk_umem_config umem = { .fill_size = RING,
		                              .comp_size = RING,
		                              .frame_size = CHUNK };
	const struct xsk_socket_config socket = {
		.rx_size = RING,
		.tx_size = RING,
		.libbpf_flags = XSK_LIBBPF_FLAGS__INHIBIT_PROG_LOAD,
		.xdp_flags = XDP_FLAGS_DRV_MODE,
		.bind_flags = XDP_COPY,
	};
	int ret = xsk_umem__create(&port->umem, area, (__u64)CHUNKS * CHUNK, &port->fill,
	                           &port->completed, &umem);

	if (ret)
		return ret;
	return xsk_socket__create(&port->socket, iface, 0, port->umem, &port->rx, &port->tx,
	                          &socket);
}

static int attach_program(struct port *port)
{
	const __u32 zero = 0;
	const int fd = xsk_socket__fd(port->socket);

	port->skel = peer_bpf__open_and_load();
	if (!port->skel)
		return -errno;
	if (bpf_map_update_elem(bpf_map__fd(port->skel->maps.sockets), &zero, &fd, 0))
		return -errno;
	return bpf_xdp_attach(port->ifindex, bpf_program__fd(port->skel->progs.to_socket),
	                      XDP_FLAGS_DRV_MODE, NULL);
}

static int open_port(struct port *port, const char *iface, void *area)
{
	int ret;

	port->ifindex = (int)if_nametoindex(iface);
	ret = port->ifindex ? open_socket(port, iface, area) : -ENODEV;
	if (!ret)
		ret = attach_program(port);
	if (ret)
		fprintf(stderr, "fwd: %s: %s\n", iface, strerror(-ret));
	return ret;
}

static void close_port(struct port *port)
{
	if (port->skel)
		bpf_xdp_detach(port->ifindex, XDP_FLAGS_DRV_MODE, NULL);
	peer_bpf__destroy(port->skel);
	xsk_socket__delete(port->socket);
	if (port->umem)
		xsk_umem__delete(port->umem);
}

/* --- the packet path ----------------------------------------------------------------- */

static void reclaim(struct port *port)
{
	__u32 at;
	const unsigned int n = xsk_ring_cons__peek(&port->completed, BATCH, &at);

	for (unsigned int i = 0; i < n; i++)
		spare[n_spare++] = *xsk_ring_cons__comp_addr(&port->completed, at + i);
	xsk_ring_cons__release(&port->completed, n);
}

static void refill(struct port *port)
{
	unsigned int n = xsk_prod_nb_free(&port->fill, BATCH);
	__u32 at;

	n = n < n_spare ? n : n_spare;
	if (n < BATCH || xsk_ring_prod__reserve(&port->fill, n, &at) != n)
		return;
	for (unsigned int i = 0; i < n; i++)
		*xsk_ring_prod__fill_addr(&port->fill, at + i) =
			spare[--n_spare] & ~(__u64)(CHUNK - 1);
	xsk_ring_prod__submit(&port->fill, n);
}

static void kick(struct port *port)
{
	for (int i = 0; i < KICKS; i++) {
		if (__atomic_load_n(port->tx.consumer, __ATOMIC_ACQUIRE) == *port->tx.producer)
			return;
		sendto(xsk_socket__fd(port->socket), NULL, 0, MSG_DONTWAIT, NULL, 0);
	}
}

static void forward(struct port *from, struct port *to)
{
	__u32 rx_at;
	__u32 tx_at;
	const unsigned int n = xsk_ring_cons__peek(&from->rx, BATCH, &rx_at);

	if (!n)
		return;
	if (xsk_ring_prod__reserve(&to->tx, n, &tx_at) == n) {
		for (unsigned int i = 0; i < n; i++) {
			*xsk_ring_prod__tx_desc(&to->tx, tx_at + i) =
				*xsk_ring_cons__rx_desc(&from->rx, rx_at + i);
		}
		xsk_ring_prod__submit(&to->tx, n);
	} else { /* full: dropped */
		for (unsigned int i = 0; i < n; i++)
			spare[n_spare++] = xsk_ring_cons__rx_desc(&from->rx, rx_at + i)->addr;
	}
	xsk_ring_cons__release(&from->rx, n);
	kick(to);
}

static void turn(struct port *from, struct port *to)
{
	reclaim(from);
	refill(from);
	forward(from, to);
}

int main(int argc, char **argv)
{
	static struct port ports[2];
	const struct sigaction action = { .sa_handler = on_signal };
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	void *area = mmap(NULL, (size_t)CHUNKS * CHUNK, PROT_READ | PROT_WRITE,
	                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	int ret = 0;

	if (argc != 3 || area == MAP_FAILED) {
		fprintf(stderr, "usage: fwd IFACE IFACE\n");
		return 2;
	}
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	sigaction(SIGTERM, &action, NULL);
	for (n_spare = 0; n_spare < CHUNKS; n_spare++)
		spare[n_spare] = (__u64)n_spare * CHUNK;
	for (int i = 0; i < 2 && !ret; i++)
		ret = open_port(&ports[i], argv[i + 1], area);
	if (!ret) {
		puts("ready");
		fflush(stdout);
	}
	while (!ret && !is_over) {
		turn(&ports[0], &ports[1]);
		turn(&ports[1], &ports[0]);
	}
	for (int i = 0; i < 2; i++)
		close_port(&ports[i]);
	return ret ? 1 : 0;
}
