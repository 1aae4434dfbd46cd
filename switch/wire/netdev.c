/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/wire/netdev.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "switch/base/log.h"
#include "switch/wire/netlink.h"

#define EVENT_SIZE (32 * 1024)

/* Some thousand events: as many ports may come and go in one breath. */
#define EVENT_ROOM (4 * 1024 * 1024)

struct netdev_watch {
	struct mnl_socket *nl;
	netdev_handler handler;
	void *arg;
};

static void read_string(const struct nlattr *attr, char *out, size_t size)
{
	const size_t len = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));

	if (len >= size)
		return;
	memcpy(out, mnl_attr_get_payload(attr), len);
	out[len] = '\0';
}

static void read_kind(const struct nlattr *linkinfo, struct netdev_info *info)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, linkinfo) if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
		read_string(attr, info->kind, sizeof(info->kind));
}

/* With programs at several places, the one in the driver counts. */
static void read_program(const struct nlattr *xdp, struct netdev_info *info)
{
	const struct nlattr *attr;
	uint32_t driver = 0, any = 0;

	mnl_attr_for_each_nested(attr, xdp)
	{
		switch (mnl_attr_get_type(attr)) {
		case IFLA_XDP_ATTACHED:
			info->xdp_mode = mnl_attr_get_u8(attr);
			break;
		case IFLA_XDP_DRV_PROG_ID:
			driver = mnl_attr_get_u32(attr);
			break;
		case IFLA_XDP_PROG_ID:
		case IFLA_XDP_SKB_PROG_ID:
		case IFLA_XDP_HW_PROG_ID:
			any = mnl_attr_get_u32(attr);
			break;
		}
	}
	info->xdp_prog_id = driver ? driver : any;
}

static void read_mac(const struct nlattr *attr, struct netdev_info *info)
{
	if (mnl_attr_get_payload_len(attr) == sizeof(info->mac))
		memcpy(info->mac, mnl_attr_get_payload(attr), sizeof(info->mac));
}

static void read_attribute(const struct nlattr *attr, struct netdev_info *info)
{
	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		read_string(attr, info->name, sizeof(info->name));
		break;
	case IFLA_ADDRESS:
		read_mac(attr, info);
		break;
	case IFLA_MTU:
		info->mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_MAX_MTU:
		info->max_mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_QDISC:
		read_string(attr, info->qdisc, sizeof(info->qdisc));
		break;
	case IFLA_MASTER:
		info->master = (int)mnl_attr_get_u32(attr);
		break;
	case IFLA_LINK:
		info->peer = (int)mnl_attr_get_u32(attr);
		break;
	case IFLA_LINKINFO:
		read_kind(attr, info);
		break;
	case IFLA_XDP:
		read_program(attr, info);
		break;
	}
}

/* The namespace of IFLA_LINK is our own when it is not told. When it is told
 * as a negative number it is one that cannot be known. */
static void read_peer_nsid(const struct nlmsghdr *message, struct netdev_info *info)
{
	const struct nlattr *attr;

	info->peer_nsid = -1;
	mnl_attr_for_each(attr, message, sizeof(struct ifinfomsg))
	{
		if (mnl_attr_get_type(attr) != IFLA_LINK_NETNSID)
			continue;
		info->peer_nsid = (int)mnl_attr_get_u32(attr);
		if (info->peer_nsid < 0)
			info->peer = 0;
	}
}

static void read_link(const struct nlmsghdr *message, struct netdev_info *info)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;

	*info = (struct netdev_info){
		.ifindex = link->ifi_index,
		.is_ethernet = link->ifi_type == ARPHRD_ETHER,
		.is_loopback = link->ifi_flags & IFF_LOOPBACK,
		.up = link->ifi_flags & IFF_UP,
		.carrier = link->ifi_flags & IFF_LOWER_UP,
	};
	mnl_attr_for_each(attr, message, sizeof(*link)) read_attribute(attr, info);
	read_peer_nsid(message, info);
	if (strcmp(info->kind, "veth")) {
		info->peer = 0; /* IFLA_LINK of others is the device below */
		info->peer_nsid = -1;
	}
}

/* A bridge tells of its ports with messages of its own, and a wireless driver
 * of its events: neither describes the device. */
static bool is_about_link(const struct nlmsghdr *message)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;

	if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK)
		return false;
	if (mnl_nlmsg_get_payload_len(message) < sizeof(*link) || link->ifi_family != AF_UNSPEC)
		return false;
	mnl_attr_for_each(attr, message,
	                  sizeof(*link)) if (mnl_attr_get_type(attr) == IFLA_WIRELESS) return false;
	return true;
}

static int take_link(const struct nlmsghdr *message, void *arg)
{
	if (is_about_link(message))
		read_link(message, arg);
	return MNL_CB_OK;
}

static int get_link(const struct netns *ns, int ifindex, const char *name, struct netdev_info *out)
{
	char buf[NETLINK_QUESTION_SIZE];
	struct netdev_info info = { 0 };
	struct nlmsghdr *question;
	struct ifinfomsg *link;
	void *header;
	int ret;

	question = netlink_question(buf, RTM_GETLINK, sizeof(*link), &header);
	link = header;
	link->ifi_index = ifindex;
	if (name)
		mnl_attr_put_strz(question, IFLA_IFNAME, name);
	mnl_attr_put_u32(question, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	ret = netlink_ask(ns, NETLINK_ROUTE, question, take_link, &info);
	if (ret)
		return ret;
	/* The kernel takes an alternative name for the name. */
	if (!info.ifindex || (name && strcmp(name, info.name)))
		return -ENODEV;
	*out = info;
	return 0;
}

int netdev_get(const char *name, struct netdev_info *out)
{
	const size_t len = strnlen(name, IFNAMSIZ);

	if (!len || len == IFNAMSIZ)
		return -ENODEV;
	return get_link(NULL, 0, name, out);
}

int netdev_get_in(const struct netns *ns, int ifindex, struct netdev_info *out)
{
	return ifindex > 0 ? get_link(ns, ifindex, NULL, out) : -ENODEV;
}

int netdev_get_index(int ifindex, struct netdev_info *out)
{
	return netdev_get_in(NULL, ifindex, out);
}

int netdev_set_up(int ifindex, bool up)
{
	char buf[NETLINK_QUESTION_SIZE];
	struct nlmsghdr *question;
	struct ifinfomsg *link;
	void *header;

	if (ifindex <= 0)
		return -ENODEV;
	question = netlink_question(buf, RTM_NEWLINK, sizeof(*link), &header);
	link = header;
	link->ifi_index = ifindex;
	link->ifi_change = IFF_UP;
	link->ifi_flags = up ? IFF_UP : 0;
	return netlink_ask(NULL, NETLINK_ROUTE, question, NULL, NULL);
}

static int listen_to_links(struct mnl_socket *nl)
{
	const int fd = mnl_socket_get_fd(nl), room = EVENT_ROOM;

	/* The first is for root, the second is bounded by net.core.rmem_max;
	 * without either, events are lost a little sooner. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return mnl_socket_bind(nl, RTMGRP_LINK, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
}

int netdev_watch_open(struct netdev_watch **out, netdev_handler handler, void *arg)
{
	struct netdev_watch *watch = calloc(1, sizeof(*watch));
	int ret;

	if (!watch)
		return -ENOMEM;
	watch->handler = handler;
	watch->arg = arg;
	watch->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	ret = watch->nl ? listen_to_links(watch->nl) : -errno;
	if (ret) {
		netdev_watch_close(watch);
		return ret;
	}
	*out = watch;
	return 0;
}

void netdev_watch_close(struct netdev_watch *watch)
{
	if (!watch)
		return;
	if (watch->nl)
		mnl_socket_close(watch->nl);
	free(watch);
}

int netdev_watch_fd(const struct netdev_watch *watch)
{
	return mnl_socket_get_fd(watch->nl);
}

static int tell(const struct nlmsghdr *message, void *arg)
{
	const struct netdev_watch *watch = arg;
	struct netdev_info info;

	if (!is_about_link(message))
		return MNL_CB_OK;
	read_link(message, &info);
	watch->handler(message->nlmsg_type == RTM_DELLINK ? NETDEV_GONE : NETDEV_CHANGED, &info,
	               watch->arg);
	return MNL_CB_OK;
}

void netdev_watch_read(struct netdev_watch *watch)
{
	char buf[EVENT_SIZE];

	for (;;) {
		const ssize_t n = mnl_socket_recvfrom(watch->nl, buf, sizeof(buf));

		if (n >= 0) {
			mnl_cb_run(buf, (size_t)n, 0, 0, tell, watch);
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN)
			return;
		/* ENOBUFS: the queue ran over. ENOSPC: larger than the buffer. */
		if (errno != ENOBUFS && errno != ENOSPC) {
			log_error("cannot read link events: %s", strerror(errno));
			return;
		}
		watch->handler(NETDEV_LOST, NULL, watch->arg);
	}
}
