/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "switch/wire/xsock.h"

/*
 * wire: a kernel made of memory, for tests.
 *
 * The four rings of an AF_XDP socket are numbers and arrays in shared memory.
 * Here both sides live in the test: the code under test has the struct xsock,
 * and wire_*() plays the kernel. No socket, no device, no root. A kick fails
 * (there is no descriptor), so what is sent waits in the ring for wire_sent().
 */
struct wire {
	struct xsock sock;
	struct xsock_books books;
	struct wire_kernel *kernel;
};

/* Makes the rings of a socket named 'id' that takes frames of several chunks,
 * over the memory 'area'. */
void wire_open(struct wire *wire, uint8_t *area, struct pool *pool, uint16_t id);
void wire_close(struct wire *wire);

/* A frame arrives: takes as many chunks as it needs from the fill ring, copies
 * 'bytes' into them and puts them on rx. Returns 0, or -ENOBUFS when the fill
 * ring has too few, which is how the kernel drops. */
int wire_arrives(struct wire *wire, const void *bytes, size_t len);

/* Copies the next frame sent to 'out' and completes it, as the kernel would.
 * Returns its length, 0 when there is none. */
size_t wire_sent(struct wire *wire, uint8_t *out, size_t size);

/* How many chunks the kernel's side holds, in all four rings. */
uint32_t wire_chunks_held(const struct wire *wire);
