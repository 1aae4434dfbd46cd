/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "switch/wire/netns.h"

/*
 * netdev: what does the kernel know about a network device, and what changed?
 *
 * Reads devices by rtnetlink (libmnl), their settings by ethtool ioctls and
 * what XDP can do with them by the netdev generic netlink family, in xswd's
 * own network namespace or, through a struct netns, in the one where the far
 * end of a veth lives.
 *
 * Threads  The control thread only. Entering another namespace changes the
 *          calling thread alone, and only inside the call.
 *
 * Trust    The kernel.
 */

#define NETDEV_KIND_LEN 16

/* One device, as RTM_NEWLINK tells it. */
struct netdev_info {
	int ifindex;
	char name[IFNAMSIZ];
	char kind[NETDEV_KIND_LEN]; /* "veth", "tun", "bridge", ...; "" for a NIC */
	uint8_t mac[6];
	uint32_t mtu;
	uint32_t max_mtu; /* 0 when the kernel does not say */
	bool is_ethernet; /* ARPHRD_ETHER */
	bool is_loopback;
	bool up;              /* IFF_UP */
	bool carrier;         /* IFF_LOWER_UP */
	int master;           /* ifindex of the bridge or bond it belongs to, or 0 */
	int peer;             /* veth: ifindex of the far end, or 0: not known */
	int peer_nsid;        /* veth: its namespace as an nsid of ours, or -1: our own */
	uint32_t xdp_prog_id; /* an attached XDP program, or 0 */
	uint8_t xdp_mode;     /* XDP_ATTACHED_* */
	char qdisc[16];       /* kind of the root queueing discipline: "noqueue", "mq", ... */
};

/* Reads the device called 'name' (altnames are not looked at). Returns 0,
 * -ENODEV, or another -errno. */
int netdev_get(const char *name, struct netdev_info *out);

/* Likewise by number. */
int netdev_get_index(int ifindex, struct netdev_info *out);

/* Sets IFF_UP on or off. Returns 0 or -errno. */
int netdev_set_up(int ifindex, bool up);

/* What XDP can do with a device. */
enum netdev_xdp {
	NETDEV_XDP_NATIVE = 1 << 0,    /* programs run in the driver */
	NETDEV_XDP_REDIRECT = 1 << 1,  /* they may redirect */
	NETDEV_XDP_TARGET = 1 << 2,    /* others may redirect to it, now */
	NETDEV_XDP_ZEROCOPY = 1 << 3,  /* AF_XDP without a copy */
	NETDEV_XDP_RX_SG = 1 << 5,     /* programs with frags */
	NETDEV_XDP_TARGET_SG = 1 << 6, /* frames in several fragments may be redirected to it */
};

/* Reads the set of NETDEV_XDP_* of a device. Returns 0, -EOPNOTSUPP when the
 * kernel does not tell (it does since 6.3), or another -errno. */
int netdev_xdp_features(int ifindex, uint64_t *out);

/* Returns how many receive queues are in use (ethtool channels), at least 1,
 * or 0 when the driver does not say. */
unsigned int netdev_rx_queues(const char *name);

/* Writes the driver's name ("veth", "tun", "virtio_net") to 'out'. Returns 0
 * or -errno. */
int netdev_driver(const char *name, char *out, size_t size);

/* Reads a device by number inside 'ns' (NULL: our own). As netdev_get(). */
int netdev_get_in(const struct netns *ns, int ifindex, struct netdev_info *out);

/* ethtool features by name ("rx-gro", "tx-checksum-ip-generic", ...), of the
 * device with that number inside 'ns' (NULL: our own). */

/* Returns 1 when the feature is on, 0 when off, -EOPNOTSUPP when the kernel
 * knows no such feature, or another -errno. */
int netdev_feature(const struct netns *ns, int ifindex, const char *feature);

/* Turns a feature on or off. Returns 0, also when it is so already;
 * -EOPNOTSUPP for a feature that is unknown, fixed, or held back by another
 * one that is off; -EPERM, or another -errno. */
int netdev_set_feature(const struct netns *ns, int ifindex, const char *feature, bool on);

/* What happened to a device. */
enum netdev_event {
	NETDEV_CHANGED, /* appeared, or any of its fields differs */
	NETDEV_GONE,    /* deleted, or moved to another namespace */
	NETDEV_LOST,    /* events were lost; look at every device again ('info' is NULL) */
};

/* 'info' is valid during the call; of a device that is gone, it is the last
 * that was known. */
typedef void (*netdev_handler)(enum netdev_event event, const struct netdev_info *info, void *arg);

struct netdev_watch;

/* Begins to listen for link events. 'handler' must not close the watch.
 * Returns 0 or -errno. */
int netdev_watch_open(struct netdev_watch **out, netdev_handler handler, void *arg);
void netdev_watch_close(struct netdev_watch *watch);

/* Returns the descriptor to wait on for reading. */
int netdev_watch_fd(const struct netdev_watch *watch);

/* Reads what is there, without waiting, and calls the handler for each. */
void netdev_watch_read(struct netdev_watch *watch);
