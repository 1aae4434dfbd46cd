/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdint.h>

/*
 * umem: where do frames lie?
 *
 * The packet memory of the switch: one mmap-able BPF array map per NUMA node
 * in use, mapped next to each other, so that one AF_XDP registration serves
 * all nodes and BPF programs can read any frame by its chunk number.
 *
 * Node index n of the umem (0, 1, ... in the order given, not the kernel's
 * node number) holds chunks [n * chunks_per_node, (n + 1) * chunks_per_node).
 *
 * Size     Fixed at start. UMEM_CHUNK bytes each; all of it is allocated by
 *          the kernel when the map is made, and charged to our memory cgroup.
 */

#define UMEM_CHUNK_SHIFT 12
#define UMEM_CHUNK       (1u << UMEM_CHUNK_SHIFT)
/* What the kernel keeps free at the head of a received chunk. */
#define UMEM_HEADROOM 256
#define UMEM_NODES    8

struct umem {
	uint8_t *area;
	uint64_t size; /* bytes, all nodes */
	uint32_t n_nodes;
	uint32_t chunks_per_node;
	int map_fd[UMEM_NODES]; /* the BPF array of each node, -1 if none */
};

/* Makes and maps the memory. 'nodes' are the kernel's node numbers. Returns 0,
 * -EINVAL for no or too many nodes or chunks, -ENOMEM, -EPERM. */
int umem_open(struct umem **out, const int *nodes, uint32_t n_nodes, uint32_t chunks_per_node);

/* Unmaps and frees; 'umem' may be NULL. No socket may use it any more. */
void umem_close(struct umem *umem);

static inline uint32_t umem_chunk_of(uint64_t addr)
{
	return (uint32_t)(addr >> UMEM_CHUNK_SHIFT);
}

static inline uint64_t umem_addr_of(uint32_t chunk)
{
	return (uint64_t)chunk << UMEM_CHUNK_SHIFT;
}
