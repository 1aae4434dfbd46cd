/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "switch/frame/parse.h"

#include <stdlib.h>
#include <string.h>

#include "switch/base/macros.h"

enum { LONGEST = 320 };

/* A frame that grows from its front. */
struct sketch {
	uint8_t bytes[LONGEST];
	size_t len;
};

#define ADDRESSES          "\x02\x11\x22\x33\x44\x55\x06\xaa\xbb\xcc\xdd\xee"
#define put(sketch, bytes) put_bytes(sketch, bytes, sizeof(bytes) - 1)

static void put_bytes(struct sketch *s, const char *bytes, size_t n)
{
	memcpy(s->bytes + s->len, bytes, n);
	s->len += n;
}

static void pad_to(struct sketch *s, size_t len)
{
	memset(s->bytes + s->len, 0, len - s->len);
	s->len = len;
}

/* The functions see a buffer of just that size, so that a sanitizer notices
 * whoever reads beyond it. */
static bool l2_of(const struct sketch *s, size_t len, struct parse_l2 *out)
{
	uint8_t *data = malloc(len ? len : 1);
	bool ok;

	memcpy(data, s->bytes, len);
	ok = parse_l2(len ? data : data + 1, len, out);
	free(data);
	return ok;
}

static struct parse_l3l4 l3l4_cut(const struct sketch *s, size_t len, size_t wire_len)
{
	struct parse_l3l4 out;
	struct parse_l2 l2;
	uint8_t *data = malloc(len);

	memcpy(data, s->bytes, len);
	assert_true(parse_l2(data, len, &l2));
	memset(&out, 0xa5, sizeof(out));
	parse_l3l4(data, len, wire_len, &l2, &out);
	free(data);
	return out;
}

static struct parse_l3l4 l3l4_of(const struct sketch *s)
{
	return l3l4_cut(s, s->len, s->len);
}

/* --- layer 2 --------------------------------------------------------------- */

static const struct {
	const char *tags; /* what stands between the addresses and the payload */
	size_t size;
	uint16_t type[3]; /* EtherType seen with 0, 1, 2 tags whole */
	uint16_t tci[2];
} l2_cases[] = {
	{ "\x08\x00", 2, { 0x0800 }, { 0 } },
	{ "\x81\x00\xa0\x64\x08\x00", 6, { 0x8100, 0x0800 }, { 0xa064 } },
	{ "\x91\x00\x00\x01\x86\xdd", 6, { 0x9100, 0x86dd }, { 0x0001 } },
	{ "\x88\xa8\x00\x0a\x81\x00\x0f\xff\x08\x06",
	  10,
	  { 0x88a8, 0x8100, 0x0806 },
	  { 10, 0xfff } },
	{ "\x88\xa8\x00\x01\x81\x00\x00\x02\x81\x00\x00\x03\x08\x00",
	  14,
	  { 0x88a8, 0x8100, 0x8100 },
	  { 1, 2 } },
};

static void every_length_parses_as_what_is_there(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(l2_cases); i++) {
		const size_t most = MIN((l2_cases[i].size - 2) / 4, PARSE_MAX_TAGS);
		struct sketch s = { .len = 0 };

		put(&s, ADDRESSES);
		put_bytes(&s, l2_cases[i].tags, l2_cases[i].size);
		pad_to(&s, 100);
		for (size_t len = 14; len <= 100; len++) {
			const size_t n = MIN((len - 14) / 4, most);
			struct parse_l2 l2;

			assert_true(l2_of(&s, len, &l2));
			assert_int_equal(l2.dst_key, UINT64_C(0x021122334455));
			assert_int_equal(l2.src_key, UINT64_C(0x06aabbccddee));
			assert_int_equal(l2.n_tags, n);
			assert_int_equal(l2.l3, 14 + 4 * n);
			assert_int_equal(l2.type, l2_cases[i].type[n]);
			for (size_t tag = 0; tag < PARSE_MAX_TAGS; tag++) {
				assert_int_equal(l2.tci[tag], tag < n ? l2_cases[i].tci[tag] : 0);
				assert_int_equal(l2.tpid[tag], tag < n ? l2_cases[i].type[tag] : 0);
			}
		}
	}
}

static void runt_leaves_the_result_alone(void **state)
{
	const struct sketch s = { .len = 14 };

	for (size_t len = 0; len < 14; len++) {
		struct parse_l2 l2 = { .type = 0x1234 };

		assert_false(l2_of(&s, len, &l2));
		assert_int_equal(l2.type, 0x1234);
	}
}

/* --- layers 3 and 4 -------------------------------------------------------- */

#define IPV4_ENDS "\x0a\x00\x00\x01\x0a\x00\x00\x02"
#define IPV6_ENDS "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2"
#define HOPS      "\0\1\2\3\4\5\6\7\0\1\2\3\4\5\6\7"

/* An IPv4 header up to the addresses. */
static struct sketch ipv4(uint8_t ihl, uint16_t total, uint16_t fragment, uint8_t protocol)
{
	struct sketch s = { .len = 0 };
	const uint8_t header[12] = {
		0x40 | ihl,      0,  total >> 8, total & 0xff, 0, 1, fragment >> 8,
		fragment & 0xff, 64, protocol,
	};

	put(&s, ADDRESSES "\x08\x00");
	put_bytes(&s, (const char *)header, sizeof(header));
	put(&s, IPV4_ENDS);
	return s;
}

static struct sketch ipv6(uint16_t payload, uint8_t next)
{
	struct sketch s = { .len = 0 };
	const uint8_t header[8] = { 0x60, 0, 0, 0, payload >> 8, payload & 0xff, next, 64 };

	put(&s, ADDRESSES "\x86\xdd");
	put_bytes(&s, (const char *)header, sizeof(header));
	put(&s, IPV6_ENDS);
	return s;
}

static void assert_l4(const struct parse_l3l4 *got, uint8_t version, enum parse_l4 l4, size_t off,
                      size_t len)
{
	assert_int_equal(got->version, version);
	assert_int_equal(got->l4, l4);
	assert_int_equal(got->l4_off, off);
	assert_int_equal(got->l4_len, len);
}

static void ipv4_headers(void **state)
{
	static const struct {
		uint8_t ihl;
		uint16_t total, fragment;
		uint8_t protocol;
		size_t wire; /* length of the frame */
		uint8_t version;
		enum parse_l4 l4;
		uint16_t off;
		uint16_t len;
		bool is_fragment;
	} cases[] = {
		/* plain; padding behind the packet does not count */
		{ 5, 40, 0, 6, 54, 4, PARSE_TCP, 34, 20, false },
		{ 5, 28, 0, 17, 60, 4, PARSE_UDP, 34, 8, false },
		{ 5, 40, 0x4000, 6, 54, 4, PARSE_TCP, 34, 20, false },
		{ 5, 28, 0, 1, 60, 4, PARSE_NO_L4, 0, 0, false },
		/* options */
		{ 6, 44, 0, 6, 58, 4, PARSE_TCP, 38, 20, false },
		{ 15, 80, 0, 6, 94, 4, PARSE_TCP, 74, 20, false },
		/* fragments: first, middle, last */
		{ 5, 44, 0x2000, 17, 58, 4, PARSE_UDP, 34, 24, true },
		{ 5, 44, 0x2001, 17, 58, 4, PARSE_NO_L4, 0, 0, true },
		{ 5, 44, 0x0001, 17, 58, 4, PARSE_NO_L4, 0, 0, true },
		{ 5, 44, 0x1fff, 6, 58, 4, PARSE_NO_L4, 0, 0, true },
		/* lies: header length, total length beyond the frame or too short */
		{ 4, 40, 0, 6, 54, 0, PARSE_NO_L4, 0, 0, false },
		{ 0, 40, 0, 6, 54, 0, PARSE_NO_L4, 0, 0, false },
		{ 5, 41, 0, 6, 54, 0, PARSE_NO_L4, 0, 0, false },
		{ 5, 65535, 0, 6, 54, 0, PARSE_NO_L4, 0, 0, false },
		{ 5, 19, 0, 6, 54, 0, PARSE_NO_L4, 0, 0, false },
		{ 6, 23, 0, 6, 60, 0, PARSE_NO_L4, 0, 0, false },
		{ 5, 0, 0, 6, 54, 0, PARSE_NO_L4, 0, 0, false },
		/* no whole L4 header in the packet, though the frame has bytes */
		{ 5, 39, 0, 6, 60, 4, PARSE_NO_L4, 0, 0, false },
		{ 5, 27, 0, 17, 60, 4, PARSE_NO_L4, 0, 0, false },
		{ 15, 60, 0, 17, 94, 4, PARSE_NO_L4, 0, 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sketch s =
			ipv4(cases[i].ihl, cases[i].total, cases[i].fragment, cases[i].protocol);
		struct parse_l3l4 got;

		pad_to(&s, cases[i].wire);
		got = l3l4_of(&s);
		assert_l4(&got, cases[i].version, cases[i].l4, cases[i].off, cases[i].len);
		assert_int_equal(got.is_fragment, cases[i].is_fragment);
		assert_false(got.has_detour);
	}
}

static void version_must_agree_with_the_ethertype(void **state)
{
	struct sketch s = ipv4(5, 40, 0, 6);
	struct parse_l3l4 got;

	pad_to(&s, 94);
	s.bytes[14] = 0x65;
	got = l3l4_of(&s);
	assert_l4(&got, 0, PARSE_NO_L4, 0, 0);

	s = ipv6(20, 6);
	pad_to(&s, 94);
	s.bytes[14] = 0x40;
	got = l3l4_of(&s);
	assert_l4(&got, 0, PARSE_NO_L4, 0, 0);

	s.bytes[14] = 0x60;
	s.bytes[13] = 0x06;
	got = l3l4_of(&s);
	assert_l4(&got, 0, PARSE_NO_L4, 0, 0);
}

struct ipv6_case {
	uint8_t next;
	const char *extensions;
	uint16_t extensions_len;
	uint16_t payload;
	uint16_t tail; /* bytes behind the extensions */
	uint8_t version;
	enum parse_l4 l4;
	uint16_t off;
	bool is_fragment, has_detour;
};

#define chain(bytes) bytes, sizeof(bytes) - 1

static const struct ipv6_case ipv6_cases[] = {
	{ 6, chain(""), 20, 20, 6, PARSE_TCP, 54, false, false },
	{ 17, chain(""), 8, 20, 6, PARSE_UDP, 54, false, false },
	{ 58, chain(""), 20, 20, 6, PARSE_NO_L4, 0, false, false },
	/* hop-by-hop of 8 and of 24 bytes; destination options; all in a row */
	{ 0, chain("\x06\0\1\4\0\0\0\0"), 28, 20, 6, PARSE_TCP, 62, false, false },
	{ 0, chain("\x11\2" HOPS "\0\0\0\0\0\0"), 32, 20, 6, PARSE_UDP, 78, false, false },
	{ 60, chain("\x06\0\1\4\0\0\0\0"), 28, 20, 6, PARSE_TCP, 62, false, false },
	/* routing: with and without further nodes to visit */
	{ 43, chain("\x11\0\4\1\0\0\0\0"), 16, 8, 6, PARSE_UDP, 62, false, true },
	{ 43, chain("\x11\0\4\0\0\0\0\0"), 16, 8, 6, PARSE_UDP, 62, false, false },
	{ 0, chain("\x2b\0\1\4\0\0\0\0\x3c\0\4\2\0\0\0\0\x06\0\1\4\0\0\0\0"), 44, 20, 6, PARSE_TCP,
	  78, false, true },
	/* fragments: first, later, one that is the whole packet; bit 1 and 2 unused */
	{ 44, chain("\x11\0\0\1\0\0\0\7"), 16, 8, 6, PARSE_UDP, 62, true, false },
	{ 44, chain("\x11\0\0\x08\0\0\0\7"), 16, 8, 6, PARSE_NO_L4, 0, true, false },
	{ 44, chain("\x11\0\x10\1\0\0\0\7"), 16, 8, 6, PARSE_NO_L4, 0, true, false },
	{ 44, chain("\x11\0\0\6\0\0\0\7"), 16, 8, 6, PARSE_UDP, 62, false, false },
	/* its second byte is reserved, not a length */
	{ 44, chain("\x11\xff\0\0\0\0\0\7"), 16, 8, 6, PARSE_UDP, 62, false, false },
	/* unknown to us: authentication */
	{ 51, chain("\x06\4" HOPS HOPS), 54, 20, 6, PARSE_NO_L4, 0, false, false },
	/* lies: an extension longer than the packet, a packet longer than the frame */
	{ 0, chain("\x06\3\1\4\0\0\0\0"), 28, 20, 0, PARSE_NO_L4, 0, false, false },
	{ 0, chain("\x06\0\1\4\0\0\0\0"), 7, 20, 0, PARSE_NO_L4, 0, false, false },
	{ 0, chain("\x06\0\1\4\0\0\0\0"), 0, 20, 0, PARSE_NO_L4, 0, false, false },
	{ 6, chain(""), 21, 20, 0, PARSE_NO_L4, 0, false, false },
	{ 6, chain(""), 65535, 20, 0, PARSE_NO_L4, 0, false, false },
	/* no whole L4 header in the packet */
	{ 6, chain(""), 19, 20, 6, PARSE_NO_L4, 0, false, false },
	{ 6, chain(""), 0, 20, 6, PARSE_NO_L4, 0, false, false },
	{ 0, chain("\x06\0\1\4\0\0\0\0"), 8, 20, 6, PARSE_NO_L4, 0, false, false },
};

static struct sketch ipv6_sketch(const struct ipv6_case *c)
{
	struct sketch s = ipv6(c->payload, c->next);

	put_bytes(&s, c->extensions, c->extensions_len);
	pad_to(&s, s.len + c->tail);
	return s;
}

static void ipv6_headers(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(ipv6_cases); i++) {
		const struct ipv6_case *c = &ipv6_cases[i];
		const struct sketch s = ipv6_sketch(c);
		const struct parse_l3l4 got = l3l4_of(&s);

		assert_l4(&got, c->version, c->l4, c->off,
		          c->l4 == PARSE_NO_L4 ? 0 : 54u + c->payload - c->off);
		assert_int_equal(got.is_fragment, c->is_fragment);
		assert_int_equal(got.has_detour, c->has_detour);
	}
}

/* The first chunk may hold less than the frame: what is not seen is not guessed,
 * and what is, is as in the whole. 'need' is where the L4 header ends. */
static void cut_chunks(const struct sketch *s, size_t need)
{
	const struct parse_l3l4 whole = l3l4_of(s);

	for (size_t len = 14; len <= s->len; len++) {
		const struct parse_l3l4 got = l3l4_cut(s, len, s->len);

		if (len >= need)
			assert_l4(&got, whole.version, whole.l4, whole.l4_off, whole.l4_len);
		else
			assert_int_equal(got.l4, PARSE_NO_L4);
	}
}

static void chunks_cut_anywhere(void **state)
{
	struct sketch s = ipv4(8, 70, 0, 6);

	pad_to(&s, 100);
	cut_chunks(&s, 14 + 32 + 20);
	for (size_t i = 0; i < ARRAY_SIZE(ipv6_cases); i++) {
		const struct ipv6_case *c = &ipv6_cases[i];

		s = ipv6_sketch(c);
		cut_chunks(&s, c->l4 == PARSE_NO_L4 ? s.len + 1
		               : c->l4 == PARSE_TCP ? c->off + 20u
		                                    : c->off + 8u);
	}
}

/* The frame itself ends early, whatever its headers say. */
static void frames_cut_anywhere(void **state)
{
	struct sketch s = ipv4(5, 40, 0, 6);

	pad_to(&s, 100);
	for (size_t len = 14; len <= 100; len++) {
		const struct parse_l3l4 got = l3l4_cut(&s, len, len);

		assert_int_equal(got.version, len >= 54 ? 4 : 0);
		assert_int_equal(got.l4, len >= 54 ? PARSE_TCP : PARSE_NO_L4);
	}
	s = ipv6(20, 6);
	pad_to(&s, 100);
	for (size_t len = 14; len <= 100; len++) {
		const struct parse_l3l4 got = l3l4_cut(&s, len, len);

		assert_int_equal(got.version, len >= 74 ? 6 : 0);
		assert_int_equal(got.l4, len >= 74 ? PARSE_TCP : PARSE_NO_L4);
	}
}

static void ip_lies_behind_the_tags(void **state)
{
	struct sketch plain = ipv4(5, 28, 0, 17);
	struct sketch s = { .len = 0 };
	struct parse_l3l4 got;

	put(&s, ADDRESSES "\x88\xa8\0\1\x81\0\0\2\x08\0");
	put_bytes(&s, (const char *)plain.bytes + 14, plain.len - 14);
	pad_to(&s, 60);
	got = l3l4_of(&s);
	assert_l4(&got, 4, PARSE_UDP, 42, 8);

	memcpy(s.bytes + 20, "\x81\0", 2); /* three tags: not looked behind */
	got = l3l4_of(&s);
	assert_l4(&got, 0, PARSE_NO_L4, 0, 0);
}

/* A frame says the same whether its chunk is large or holds PARSE_WANT only. */
static void headers_beyond_the_first_bytes_are_not_looked_at(void **state)
{
	for (size_t size = 176; size <= 192; size += 8) {
		const uint8_t options[2] = { 6, size / 8 - 1 };
		const size_t off = 14 + 40 + size;
		struct sketch s = ipv6(LONGEST - 54, 0);
		struct parse_l3l4 got;

		put_bytes(&s, (const char *)options, sizeof(options));
		pad_to(&s, LONGEST);
		got = l3l4_of(&s);
		if (off + 20 <= PARSE_WANT)
			assert_l4(&got, 6, PARSE_TCP, off, LONGEST - off);
		else
			assert_l4(&got, 6, PARSE_NO_L4, 0, 0);
	}
}

/* Nothing is asserted but that no byte outside is read and no offset leaves. */
static void random_bytes_are_survived(void **state)
{
	uint64_t random = 1;

	for (int round = 0; round < 20000; round++) {
		struct sketch s = round % 2 ? ipv6(unit_random(&random) % 300, 0)
		                            : ipv4(unit_random(&random) % 16,
		                                   unit_random(&random) % 300, 0, 6);
		const size_t len = 14 + unit_random(&random) % (LONGEST - 14);
		const size_t cut = 14 + unit_random(&random) % (len - 13);
		struct parse_l3l4 got;

		for (size_t i = s.len; i < LONGEST; i++)
			s.bytes[i] = unit_random(&random) % 4 ? 0 : (uint8_t)unit_random(&random);
		for (int i = 0; i < 4; i++)
			s.bytes[12 + unit_random(&random) % 60] = (uint8_t)unit_random(&random);
		got = l3l4_cut(&s, cut, len);
		if (got.l4 == PARSE_NO_L4)
			continue;
		assert_true(got.l4_off + (got.l4 == PARSE_TCP ? 20u : 8u) <= cut);
		assert_true(got.l4_off + got.l4_len <= len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_parses_as_what_is_there),
		cmocka_unit_test(runt_leaves_the_result_alone),
		cmocka_unit_test(ipv4_headers),
		cmocka_unit_test(version_must_agree_with_the_ethertype),
		cmocka_unit_test(ipv6_headers),
		cmocka_unit_test(chunks_cut_anywhere),
		cmocka_unit_test(frames_cut_anywhere),
		cmocka_unit_test(ip_lies_behind_the_tags),
		cmocka_unit_test(headers_beyond_the_first_bytes_are_not_looked_at),
		cmocka_unit_test(random_bytes_are_survived),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
