/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/burst.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct described {
	uint32_t ifindex, len, n_pieces;
	struct seg piece[FRAME_SEGS];
};

struct sent {
	uint32_t len;
	uint8_t *bytes;
};

struct device {
	bool refuses;
	uint32_t put, taken;
	struct sent queue[FAKE_QUEUE];
};

struct burst {
	uint8_t *area;
	uint32_t n;
	uint32_t breaks_after;
	struct described frame[BURST_RING];
	struct device device[FAKE_DEVICES];
};

struct burst *fake_burst_open(uint8_t *area)
{
	struct burst *b = calloc(1, sizeof(*b));

	assert(b);
	b->area = area;
	b->breaks_after = UINT32_MAX;
	return b;
}

int burst_open(struct burst **out, const struct umem *umem)
{
	return -EOPNOTSUPP; /* what is not asked for is not there */
}

void burst_close(struct burst *b)
{
	if (!b)
		return;
	for (int i = 0; i < FAKE_DEVICES; i++)
		while (b->device[i].taken != b->device[i].put)
			free(b->device[i].queue[b->device[i].taken++ % FAKE_QUEUE].bytes);
	free(b);
}

void fake_burst_refuse(struct burst *b, uint32_t ifindex)
{
	b->device[ifindex].refuses = true;
}

void fake_burst_break_after(struct burst *b, uint32_t n)
{
	b->breaks_after = n;
}

bool burst_add(struct burst *b, uint32_t ifindex, uint32_t len, const struct seg *head,
               const struct seg *more, uint32_t n_more)
{
	struct described *f = &b->frame[b->n];

	assert(ifindex < FAKE_DEVICES);
	if (b->n == BURST_RING)
		return false;
	*f = (struct described){ .ifindex = ifindex, .len = len, .n_pieces = 1 + n_more };
	f->piece[0] = *head;
	memcpy(&f->piece[1], more, n_more * sizeof(*more));
	b->n++;
	return true;
}

bool burst_again(struct burst *b, uint32_t ifindex)
{
	assert(b->n > 0);
	if (b->n == BURST_RING)
		return false;
	b->frame[b->n] = b->frame[b->n - 1];
	b->frame[b->n++].ifindex = ifindex;
	return true;
}

static enum burst_result deliver(struct burst *b, const struct described *f)
{
	struct device *to = &b->device[f->ifindex];
	struct sent *sent = &to->queue[to->put % FAKE_QUEUE];
	uint32_t at = 0;

	if (to->refuses)
		return BURST_REFUSED;
	assert(to->put - to->taken < FAKE_QUEUE);
	sent->len = f->len;
	sent->bytes = malloc(f->len);
	for (uint32_t i = 0; i < f->n_pieces; i++) {
		memcpy(sent->bytes + at, b->area + f->piece[i].addr, f->piece[i].len);
		at += f->piece[i].len;
	}
	assert(at == f->len);
	to->put++;
	return BURST_SENT;
}

int burst_run(struct burst *b, uint8_t *results)
{
	const uint32_t n = b->n;

	b->n = 0;
	for (uint32_t i = 0; i < n; i++)
		results[i] = BURST_UNSENT;
	for (uint32_t i = 0; i < n; i++) {
		if (!b->breaks_after)
			return -EPERM;
		if (b->breaks_after != UINT32_MAX)
			b->breaks_after--;
		results[i] = (uint8_t)deliver(b, &b->frame[i]);
	}
	return 1;
}

size_t fake_burst_sent(struct burst *b, uint32_t ifindex, uint8_t *out, size_t size)
{
	struct device *from = &b->device[ifindex];
	struct sent *sent = &from->queue[from->taken % FAKE_QUEUE];

	if (from->taken == from->put)
		return 0;
	assert(sent->len <= size);
	memcpy(out, sent->bytes, sent->len);
	free(sent->bytes);
	from->taken++;
	return sent->len;
}
