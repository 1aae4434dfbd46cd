/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <linux/genetlink.h>

#include "switch/wire/netdev.h"
#include "switch/wire/netlink.h"

/* From linux/netdev.h, which kernel headers before 6.3 lack. */
enum { DEV_GET = 1 };
enum { DEV_IFINDEX = 1, DEV_XDP_FEATURES = 3 };

static struct nlmsghdr *ask_family(char buf[NETLINK_QUESTION_SIZE], uint16_t family,
                                   uint8_t command)
{
	struct genlmsghdr *genl;
	struct nlmsghdr *question;
	void *header;

	question = netlink_question(buf, family, sizeof(*genl), &header);
	genl = header;
	genl->cmd = command;
	genl->version = 1;
	return question;
}

static int read_family(const struct nlmsghdr *message, void *arg)
{
	const struct nlattr *attr;
	uint16_t *family = arg;

	mnl_attr_for_each(attr, message,
	                  sizeof(struct genlmsghdr)) if (mnl_attr_get_type(attr) ==
	                                                 CTRL_ATTR_FAMILY_ID) *family =
		mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

/* The number of the netdev family, which lasts until the next boot. */
static int find_family(uint16_t *out)
{
	char buf[NETLINK_QUESTION_SIZE];
	struct nlmsghdr *question = ask_family(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	int ret;

	mnl_attr_put_strz(question, CTRL_ATTR_FAMILY_NAME, "netdev");
	ret = netlink_ask(NULL, NETLINK_GENERIC, question, read_family, out);
	return ret == -ENOENT ? -EOPNOTSUPP : ret;
}

static int read_features(const struct nlmsghdr *message, void *arg)
{
	const struct nlattr *attr;
	uint64_t *features = arg;

	mnl_attr_for_each(attr, message,
	                  sizeof(struct genlmsghdr)) if (mnl_attr_get_type(attr) ==
	                                                 DEV_XDP_FEATURES) *features =
		mnl_attr_get_u64(attr);
	return MNL_CB_OK;
}

int netdev_xdp_features(int ifindex, uint64_t *out)
{
	char buf[NETLINK_QUESTION_SIZE];
	struct nlmsghdr *question;
	uint64_t features = 0;
	uint16_t family = 0;
	int ret;

	ret = find_family(&family);
	if (ret)
		return ret;
	question = ask_family(buf, family, DEV_GET);
	mnl_attr_put_u32(question, DEV_IFINDEX, (uint32_t)ifindex);
	ret = netlink_ask(NULL, NETLINK_GENERIC, question, read_features, &features);
	if (ret)
		return ret;
	*out = features;
	return 0;
}
