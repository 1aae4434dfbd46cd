/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <libmnl/libmnl.h>

#include "switch/wire/netns.h"

/*
 * netlink: one question to the kernel and its answer.
 *
 * Threads  Any: each question has a socket of its own.
 */

/* Enough for every question xswd asks. */
#define NETLINK_QUESTION_SIZE 256

/* Begins a question of 'type' in 'buf', with a family header of 'size' zero
 * bytes, which 'header' is set to. */
struct nlmsghdr *netlink_question(char buf[NETLINK_QUESTION_SIZE], uint16_t type, size_t size,
                                  void **header);

/* Puts 'question' to 'bus' (NETLINK_ROUTE, ...) inside 'ns' (NULL: our own)
 * and calls 'answer', which may be NULL, for each message of the reply.
 * Returns 0, the kernel's -errno, or that of the way there. */
int netlink_ask(const struct netns *ns, int bus, struct nlmsghdr *question, mnl_cb_t answer,
                void *arg);
