/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stddef.h>

/*
 * rights: may we do what we have to, and nothing else?
 *
 * xswd needs these capabilities(7) and gives up all others once it runs:
 *
 *   CAP_NET_ADMIN   attach programs, change devices, large socket buffers
 *   CAP_NET_RAW     AF_XDP sockets
 *   CAP_BPF         load programs, make maps
 *   CAP_PERFMON     load programs that use pointers freely
 *   CAP_IPC_LOCK    pin the packet memory
 *   CAP_SYS_ADMIN   enter the namespaces of far ends
 *   CAP_SYS_PTRACE  find those that have no name, through /proc
 */

/* Looks whether all of them are there. Returns 0, or -EPERM with the names of
 * the missing ones in 'missing'. */
int rights_check(char *missing, size_t size);

/* Gives up every other capability, in the bounding set too. Before any other
 * thread is started. Returns 0 or -EPERM. */
int rights_keep(void);
