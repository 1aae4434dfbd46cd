/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/wire/umem.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "switch/base/log.h"

/* Makes the map of one node and lays it over its part of the area. */
static int open_node(struct umem *umem, uint32_t n, int kernel_node)
{
	const uint64_t size = umem->size / umem->n_nodes;
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE | BPF_F_NUMA_NODE,
	            .numa_node = (uint32_t)kernel_node);
	void *at = umem->area + n * size;
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xsw_umem", sizeof(uint32_t), UMEM_CHUNK,
	                        umem->chunks_per_node, &opts);

	if (fd < 0)
		return fd;
	umem->map_fd[n] = fd;
	if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
		return -errno;
	return 0;
}

int umem_open(struct umem **out, const int *nodes, uint32_t n_nodes, uint32_t chunks_per_node)
{
	struct umem *umem;
	int ret = 0;

	if (!n_nodes || n_nodes > UMEM_NODES || !chunks_per_node)
		return -EINVAL;
	umem = calloc(1, sizeof(*umem));
	if (!umem)
		return -ENOMEM;
	umem->n_nodes = n_nodes;
	umem->chunks_per_node = chunks_per_node;
	umem->size = (uint64_t)n_nodes * chunks_per_node * UMEM_CHUNK;
	for (uint32_t i = 0; i < UMEM_NODES; i++)
		umem->map_fd[i] = -1;

	umem->area = mmap(NULL, umem->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (umem->area == MAP_FAILED) {
		umem->area = NULL;
		ret = -errno;
	}
	for (uint32_t i = 0; !ret && i < n_nodes; i++)
		ret = open_node(umem, i, nodes[i]);
	if (ret) {
		log_error("packet memory of %llu MiB: %s", (unsigned long long)(umem->size >> 20),
		          strerror(-ret));
		umem_close(umem);
		return ret;
	}
	*out = umem;
	return 0;
}

void umem_close(struct umem *umem)
{
	if (!umem)
		return;
	if (umem->area)
		munmap(umem->area, umem->size);
	for (uint32_t i = 0; i < UMEM_NODES; i++)
		if (umem->map_fd[i] >= 0)
			close(umem->map_fd[i]);
	free(umem);
}
