/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <sched.h>
#include <stdbool.h>
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

/* Where a thread was allowed to run before it went to a node. */
struct mem_visit {
	cpu_set_t home;
	bool moved;
};

/* Takes this thread to the CPUs of 'node', if it may run there, so that what it
 * makes lies there, and also what the kernel allocates for it. Policies
 * (set_mempolicy) do not rule all of the kernel's allocations. */
void mem_visit(struct mem_visit *visit, int node);

/* Lets it run where it did before. */
void mem_return(const struct mem_visit *visit);

/* Frees what mem_alloc_on() gave; 'p' may be NULL. */
void mem_free_on(void *p, size_t size);
