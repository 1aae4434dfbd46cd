/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stddef.h>

/*
 * mem: on which NUMA node does this memory lie?
 *
 * For what a worker touches for every frame. Without NUMA support in the
 * kernel there is one node, number 0.
 */

/* Returns the node of 'cpu', 0 when unknown. */
int mem_node_of_cpu(int cpu);

/* Returns 'size' zeroed bytes on 'node', page-aligned, or NULL. */
void *mem_alloc_on(int node, size_t size);

/* Frees what mem_alloc_on() gave; 'p' may be NULL. */
void mem_free_on(void *p, size_t size);
