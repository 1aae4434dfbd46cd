/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/base/mem.h"

#include <numa.h>
#include <stdbool.h>
#include <sys/mman.h>

static bool have_numa(void)
{
	static int known = -2;

	if (known == -2)
		known = numa_available();
	return known >= 0;
}

int mem_node_of_cpu(int cpu)
{
	int node = have_numa() ? numa_node_of_cpu(cpu) : 0;

	return node < 0 ? 0 : node;
}

void *mem_alloc_on(int node, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (have_numa())
		numa_tonode_memory(p, size, node);
	return p;
}

void mem_visit(struct mem_visit *visit, int node)
{
	visit->moved = have_numa() && !sched_getaffinity(0, sizeof(visit->home), &visit->home) &&
	               !numa_run_on_node(node);
}

void mem_return(const struct mem_visit *visit)
{
	if (visit->moved)
		sched_setaffinity(0, sizeof(visit->home), &visit->home);
}

void mem_free_on(void *p, size_t size)
{
	if (p)
		munmap(p, size);
}
