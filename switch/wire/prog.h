/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/flow.h"

/*
 * prog: is our program in the kernel, and what does it know?
 *
 * Loads bpf/steer.bpf.c once, attaches it to devices through BPF links (which
 * the kernel takes away when the daemon dies), and writes the tables that it
 * steers by. Program and maps are the same for every port.
 *
 * Threads  The control thread only.
 */
struct prog;

/* Loads the program. Returns 0 or -errno; the reason is logged. */
int prog_open(struct prog **out);

/* Detaches nothing: links live on their own. 'prog' may be NULL. */
void prog_close(struct prog *prog);

/* Attaches to a device in native or generic mode. Returns the link's
 * descriptor, -EBUSY or -EEXIST when another program is there, -EOPNOTSUPP
 * when the driver cannot, or another -errno. Closing the descriptor detaches. */
int prog_attach(struct prog *prog, int ifindex, bool generic);

/* Tells the program that frames from 'ifindex' are port 'port'. Its counters
 * begin at zero. Returns 0, or -ENOSPC in the odd case that the device's place
 * in the table is taken. */
int prog_add_port(struct prog *prog, int ifindex, uint16_t port);

/* Frames from 'ifindex' have no port any more and are dropped. */
void prog_del_port(struct prog *prog, int ifindex);

/* Gives the socket 'fd' the frames of one queue. Returns 0 or -errno. */
int prog_set_socket(struct prog *prog, uint16_t port, uint32_t queue, int fd);

/* Sums the counters of 'port' over all CPUs. STEER_ROW_NO_PORT is a port here. */
void prog_counters(struct prog *prog, uint16_t port, struct steer_counters *out);

/* Writes the name of the BPF program with that id, for error messages. */
void prog_name(uint32_t id, char *out, size_t size);
