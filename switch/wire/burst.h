/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/flow.h"
#include "switch/frame/batch.h"
#include "switch/wire/umem.h"

/*
 * burst: how do many frames leave with one system call, and cheaply?
 *
 * AF_XDP's copy mode builds an skb for each frame at about 1 us. A burst is one
 * BPF_PROG_TEST_RUN of bpf/burst.bpf.c: the program takes descriptors from a
 * ring, copies each frame from the packet memory into one scratch skb, and
 * sends clones of it. When burst_run() returns, the kernel has no more use for
 * the chunks: there is no completion to wait for. A frame for several ports is
 * described once and sent again for each other one.
 *
 * Limits   Frames of at most BURST_LEN_MAX bytes, in pieces that begin in the
 *          lower half of their chunk. Any device of our network namespace.
 *
 * Threads  Opened and closed by the control thread; everything else belongs to
 *          one worker.
 */
struct burst;

#define BURST_LEN_MAX 16000 /* an skb's linear part has room for that */

/* Loads a program of its own for one worker. Returns 0, -EPERM without the
 * rights of a test-run, or another -errno; the reason is logged. */
int burst_open(struct burst **out, const struct umem *umem);

/* Frees 'b', which may be NULL. */
void burst_close(struct burst *b);

/* Describes a frame of 'len' bytes for device 'ifindex'. Returns false when
 * there is no room, or a piece lies where a burst cannot read it. */
bool burst_add(struct burst *b, uint32_t ifindex, uint32_t len, const struct seg *head,
               const struct seg *more, uint32_t n_more);

/* Sends the frame that was described last to 'ifindex' too. Returns false when
 * there is no room, or this was done so often that a run would be too long:
 * describe the frame again. */
bool burst_again(struct burst *b, uint32_t ifindex);

/* Sends what was described and writes an enum burst_result per frame to
 * 'results', in the order of burst_add() and burst_again(). Returns how many
 * program runs it took, or -errno when the program cannot be run: what it did
 * not come to is BURST_UNSENT. */
int burst_run(struct burst *b, uint8_t *results);
