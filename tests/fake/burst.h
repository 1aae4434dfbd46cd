/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "switch/wire/burst.h"

/*
 * burst: the calls of wire/burst.h, with devices made of memory.
 *
 * Linked before libxsw.a, it takes the place of the real one in every unit
 * test. A run copies each frame to the queue of its device, as the kernel
 * does; a test takes it from there.
 */
enum { FAKE_DEVICES = 8, FAKE_QUEUE = 4096 };

/* Makes one over the memory 'area'; burst_close() frees it. */
struct burst *fake_burst_open(uint8_t *area);

/* Device 'ifindex' refuses everything from now on. */
void fake_burst_refuse(struct burst *b, uint32_t ifindex);

/* The program cannot be run any more after 'n' more frames. */
void fake_burst_break_after(struct burst *b, uint32_t n);

/* Copies the next frame sent to 'ifindex' to 'out'. Returns its length, 0 when
 * there is none. */
size_t fake_burst_sent(struct burst *b, uint32_t ifindex, uint8_t *out, size_t size);
