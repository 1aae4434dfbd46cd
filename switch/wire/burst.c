/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/wire/burst.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "burst.skel.h"
#include "switch/base/log.h"

_Static_assert(BURST_CHUNK == UMEM_CHUNK && BURST_NODES == UMEM_NODES,
               "the program knows how the packet memory is cut");

_Static_assert(BURST_MOST >= BURST_RUN + 2 * FRAME_SEGS + BURST_RUN,
               "the last frame of a run, and its repeats, fit into it");

#define SCRATCH_LEN 64 /* bytes of the skb that a run begins with */

struct burst {
	struct burst_bpf *bpf;
	struct burst_ring *ring;
	int prog_fd;
	uint32_t begin;   /* index of the first descriptor since the last run */
	uint32_t repeats; /* of the frame described last */
	uint32_t chunks_per_node;
};

static int load(struct burst *b, const struct umem *umem)
{
	int ret;

	b->bpf = burst_bpf__open();
	if (!b->bpf)
		return -errno;
	ret = bpf_map__set_inner_map_fd(b->bpf->maps.umem, umem->map_fd[0]);
	if (!ret)
		ret = burst_bpf__load(b->bpf);
	for (uint32_t n = 0; !ret && n < umem->n_nodes; n++)
		ret = bpf_map_update_elem(bpf_map__fd(b->bpf->maps.umem), &n, &umem->map_fd[n],
		                          BPF_ANY);
	return ret;
}

int burst_open(struct burst **out, const struct umem *umem)
{
	struct burst *b = calloc(1, sizeof(*b));
	uint8_t no_results[1];
	int ret;

	if (!b)
		return -ENOMEM;
	b->chunks_per_node = umem->chunks_per_node;
	ret = load(b, umem);
	if (!ret) {
		b->ring = &b->bpf->bss->ring;
		b->prog_fd = bpf_program__fd(b->bpf->progs.burst);
		ret = burst_run(b, no_results); /* may we? */
	}
	if (ret < 0) {
		log_warn("bursts are not possible: %s; AF_XDP sends everything", strerror(-ret));
		burst_close(b);
		return ret;
	}
	*out = b;
	return 0;
}

void burst_close(struct burst *b)
{
	if (!b)
		return;
	burst_bpf__destroy(b->bpf);
	free(b);
}

static bool has_room(const struct burst *b, uint32_t n)
{
	return b->ring->produced + n - b->begin <= BURST_RING;
}

/* The next descriptor. The program runs in between, never meanwhile. */
static struct burst_desc *next_desc(struct burst *b)
{
	struct burst_desc *d = &b->ring->desc[b->ring->produced % BURST_RING];

	b->ring->produced++;
	d->flags = 0;
	d->result = BURST_UNSENT;
	return d;
}

/* Describes one piece, in two parts if it crosses the middle of its chunk. */
static struct burst_desc *add_piece(struct burst *b, const struct seg *piece)
{
	const uint32_t chunk = umem_chunk_of(piece->addr);
	const uint32_t offset = piece->addr % UMEM_CHUNK;
	const uint32_t lower = BURST_HALF - offset;
	struct burst_desc *d = next_desc(b);

	d->node = (uint8_t)(chunk / b->chunks_per_node);
	d->chunk = chunk % b->chunks_per_node;
	d->offset = (uint16_t)offset;
	d->len = (uint16_t)piece->len;
	if (piece->len > lower) {
		struct burst_desc *upper = next_desc(b);

		d->len = (uint16_t)lower;
		upper->node = d->node;
		upper->chunk = d->chunk;
		upper->offset = 0;
		upper->len = (uint16_t)(piece->len - lower);
		upper->flags = BURST_UPPER;
		d = upper;
	}
	return d;
}

bool burst_add(struct burst *b, uint32_t ifindex, uint32_t len, const struct seg *head,
               const struct seg *more, uint32_t n_more)
{
	struct burst_desc *first = &b->ring->desc[b->ring->produced % BURST_RING];
	struct burst_desc *last;

	if (!has_room(b, 2 * (1 + n_more)) || head->addr % UMEM_CHUNK >= BURST_HALF)
		return false;
	for (uint32_t i = 0; i < n_more; i++)
		if (more[i].addr % UMEM_CHUNK >= BURST_HALF)
			return false;
	last = add_piece(b, head);
	for (uint32_t i = 0; i < n_more; i++)
		last = add_piece(b, &more[i]);
	b->repeats = 0;
	first->flags |= BURST_FIRST;
	first->total = len;
	last->flags |= BURST_LAST;
	last->ifindex = ifindex;
	return true;
}

bool burst_again(struct burst *b, uint32_t ifindex)
{
	struct burst_desc *d;

	if (!has_room(b, 1) || b->repeats == BURST_RUN)
		return false;
	b->repeats++;
	d = next_desc(b);
	d->flags = BURST_AGAIN | BURST_LAST;
	d->ifindex = ifindex;
	return true;
}

/* Runs the program until it has come to the end. */
static int run(struct burst *b)
{
	static const uint8_t scratch[SCRATCH_LEN];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = scratch, .data_size_in = sizeof(scratch),
	            .repeat = 1);
	int n_runs = 0;

	do {
		const uint32_t before = b->ring->consumed;
		int ret;

		opts.data_size_out = 0;
		ret = bpf_prog_test_run_opts(b->prog_fd, &opts);
		if (ret)
			return ret;
		n_runs++;
		if (b->ring->consumed == before && b->ring->produced != before)
			return -EIO;
	} while (b->ring->consumed != b->ring->produced);
	return n_runs;
}

int burst_run(struct burst *b, uint8_t *results)
{
	const int ret = run(b);

	for (uint32_t i = b->begin; i != b->ring->produced; i++) {
		const struct burst_desc *d = &b->ring->desc[i % BURST_RING];

		if (d->flags & BURST_LAST)
			*results++ = d->result;
	}
	b->ring->consumed = b->begin = b->ring->produced;
	return ret;
}
