/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/wire/netlink.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel's longest message: a link with many alternative names. */
#define ANSWER_SIZE (32 * 1024)

struct nlmsghdr *netlink_question(char buf[NETLINK_QUESTION_SIZE], uint16_t type, size_t size,
                                  void **header)
{
	struct nlmsghdr *question = mnl_nlmsg_put_header(buf);

	question->nlmsg_type = type;
	question->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	*header = mnl_nlmsg_put_extra_header(question, size);
	return question;
}

/* The acknowledgement ends the reply, so every question asks for one. */
static int converse(struct mnl_socket *nl, const struct nlmsghdr *question, mnl_cb_t answer,
                    void *arg)
{
	char buf[ANSWER_SIZE];
	int ret = MNL_CB_OK;

	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(nl, question, question->nlmsg_len) < 0)
		return -errno;
	while (ret > MNL_CB_STOP) {
		const ssize_t n = mnl_socket_recvfrom(nl, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		ret = mnl_cb_run(buf, (size_t)n, question->nlmsg_seq, mnl_socket_get_portid(nl),
		                 answer, arg);
	}
	return ret < 0 ? -errno : 0;
}

int netlink_ask(const struct netns *ns, int bus, struct nlmsghdr *question, mnl_cb_t answer,
                void *arg)
{
	struct mnl_socket *nl;
	int fd, ret;

	fd = netns_socket(ns, AF_NETLINK, SOCK_RAW, bus);
	if (fd < 0)
		return fd;
	nl = mnl_socket_fdopen(fd);
	if (!nl) {
		ret = -errno;
		close(fd);
		return ret;
	}
	ret = converse(nl, question, answer, arg);
	mnl_socket_close(nl);
	return ret;
}
