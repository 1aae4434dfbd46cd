/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it costs to know what a frame is, and to finish its checksum. The
 * frames lie in the nearest cache.
 */
#include "tests/bench/bench.h"

#include "switch/frame/batch.h"
#include "switch/frame/csum.h"
#include "switch/frame/eth.h"
#include "switch/frame/parse.h"

#define FRAME_MAX  1536
#define FRAMES     16
#define OPERATIONS (1u << 16)

#define IPV4_LEN   20
#define TCP_FIELD  16 /* of the checksum, in the TCP header */
#define PROTO_TCP  6
#define IPV4_ADDRS 12 /* offset of both addresses */

struct subject {
	uint32_t len;
	bool unfinished; /* write the bare pseudo-header sum before each */
	uint16_t pseudo;
	struct frame frames[FRAMES];
	uint8_t bytes[FRAMES][FRAME_MAX];
};

static void put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

/* Writes two addresses and 'n_tags' tags. Returns where the EtherType goes. */
static uint8_t *put_addresses(uint8_t *p, int n_tags)
{
	static const uint8_t addresses[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };

	memcpy(p, addresses, sizeof(addresses));
	p += sizeof(addresses);
	for (int i = n_tags; i > 0; i--, p += ETH_VLAN_LEN) {
		put16(p, i == 2 ? ETH_TYPE_QINQ : ETH_TYPE_VLAN);
		put16(p + 2, 100);
	}
	return p;
}

/* TCP over IPv4, with a finished checksum. */
static void make_frame(struct subject *s, struct frame *f, uint8_t *bytes, int n_tags)
{
	uint8_t *type = put_addresses(bytes, n_tags);
	uint8_t *ip = type + 2, *tcp = ip + IPV4_LEN;
	const uint32_t l4_len = s->len - (uint32_t)(tcp - bytes);

	put16(type, ETH_TYPE_IPV4);
	ip[0] = 0x45;
	put16(ip + 2, IPV4_LEN + l4_len);
	ip[9] = PROTO_TCP;
	memset(ip + IPV4_ADDRS, 10, 8);
	for (uint32_t i = 0; i < l4_len; i++)
		tcp[i] = (uint8_t)(i * 7);
	s->pseudo = csum_add(ip + IPV4_ADDRS, 8, PROTO_TCP + l4_len);
	put16(tcp + TCP_FIELD, s->pseudo);
	*f = (struct frame){ .data = bytes, .len = s->len, .head = { .len = s->len } };
	parse_l2(bytes, s->len, &f->l2);
	csum_complete(f, NULL, bytes);
}

static void make_frames(struct subject *s, uint32_t len, int n_tags)
{
	memset(s, 0, sizeof(*s));
	s->len = len;
	for (int i = 0; i < FRAMES; i++)
		make_frame(s, &s->frames[i], s->bytes[i], n_tags);
}

static uint64_t parse(void *arg, uint32_t n)
{
	struct subject *s = arg;
	const uint64_t then = bench_clock();

	for (uint32_t i = 0; i < n; i++) {
		struct frame *f = &s->frames[i % FRAMES];

		bench_use(parse_l2(f->data, f->head.len, &f->l2));
	}
	return bench_clock() - then;
}

static uint64_t complete(void *arg, uint32_t n)
{
	struct subject *s = arg;
	const uint64_t then = bench_clock();

	for (uint32_t i = 0; i < n; i++) {
		struct frame *f = &s->frames[i % FRAMES];

		if (s->unfinished)
			put16(f->data + f->l2.l3 + IPV4_LEN + TCP_FIELD, s->pseudo);
		bench_use(csum_complete(f, NULL, f->data));
	}
	return bench_clock() - then;
}

static void measure_parse(const struct bench *b, struct subject *s)
{
	static const char *const text[] = { "parse_l2, untagged", "parse_l2, one tag",
		                            "parse_l2, two tags" };

	for (int n_tags = 0; n_tags <= PARSE_MAX_TAGS; n_tags++) {
		make_frames(s, 64, n_tags);
		bench_measure(b, text[n_tags], parse, s, OPERATIONS);
	}
}

static void measure_complete(const struct bench *b, struct subject *s)
{
	static const uint32_t lens[] = { 60, 1514 };
	char text[64];

	for (int i = 0; i < 2; i++) {
		make_frames(s, lens[i], 0);
		snprintf(text, sizeof(text), "csum_complete, TCP of %u bytes, finished", lens[i]);
		bench_measure(b, text, complete, s, OPERATIONS);
		s->unfinished = true;
		snprintf(text, sizeof(text), "csum_complete, TCP of %u bytes, unfinished", lens[i]);
		bench_measure(b, text, complete, s, OPERATIONS);
	}
}

int main(int argc, char **argv)
{
	const struct bench b = bench_open("frame", "frame", argc, argv);
	struct subject *s = bench_alloc(sizeof(*s));

	measure_parse(&b, s);
	measure_complete(&b, s);
	free(s);
	return 0;
}
