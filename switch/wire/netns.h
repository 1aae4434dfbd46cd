/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * netns: where does the far end live, and how is it asked?
 *
 * A link's far end is told as an nsid, a number that means something in our
 * own namespace only. Any namespace with a name in /run/netns or with a
 * process in it can be found by that number. One that is held by nothing but
 * an open descriptor or by a thread of a process that lives elsewhere cannot.
 *
 * Threads  Entering a namespace changes the calling thread alone, and only
 *          inside the call. A thread that cannot come home aborts the
 *          program: it would go on in a stranger's network.
 */
struct netns {
	int fd; /* -1: xswd's own */
};

/* Finds the namespace known here as 'nsid'. Returns 0, -ESRCH when no process
 * or name leads to it, -EPERM when that may be because some may not be looked
 * at, or another -errno. */
int netns_open_nsid(struct netns *out, int nsid);
void netns_close(struct netns *ns);

/* Opens a socket that works inside 'ns' (NULL: our own) from anywhere, and is
 * not inherited by programs. Returns it, -EPERM when the namespace may not be
 * entered, or another -errno. */
int netns_socket(const struct netns *ns, int family, int type, int protocol);
