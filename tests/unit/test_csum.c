/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "switch/frame/csum.h"

#include <stdlib.h>
#include <string.h>

#include "switch/base/macros.h"

enum { LONGEST = 4000, UMEM = 65536, ROUNDS = 4000 };
enum { TCP = 6, UDP = 17 };

/* A frame as its sender made it, before it is cut into pieces. */
struct original {
	uint8_t bytes[LONGEST];
	size_t len;
	size_t l4, l4_len;
	size_t ends, ends_len; /* the addresses of the pseudo-header */
	uint8_t protocol;
	bool is_v6;
};

/* --- the reference: RFC 1071, a byte at a time ----------------------------- */

static uint16_t reference_sum(const uint8_t *data, size_t len, uint64_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? data[i] : (uint64_t)data[i] << 8;
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static uint16_t reference_pseudo(const struct original *o)
{
	return reference_sum(o->bytes + o->ends, o->ends_len, o->protocol + o->l4_len);
}

static uint8_t *field_of(struct original *o)
{
	return o->bytes + o->l4 + (o->protocol == TCP ? 16 : 6);
}

static void set_field(struct original *o, uint16_t value)
{
	field_of(o)[0] = (uint8_t)(value >> 8);
	field_of(o)[1] = (uint8_t)value;
}

/* The checksum that belongs into the field. */
static uint16_t reference_checksum(struct original *o)
{
	const uint8_t kept[2] = { field_of(o)[0], field_of(o)[1] };
	uint16_t sum;

	set_field(o, 0);
	sum = ~reference_sum(o->bytes + o->l4, o->l4_len, reference_pseudo(o));
	memcpy(field_of(o), kept, 2);
	return sum == 0 && o->protocol == UDP ? 0xffff : sum;
}

/* --- frames ---------------------------------------------------------------- */

struct kind {
	bool is_v6;
	uint8_t protocol;
	uint8_t n_tags;
	uint8_t extra; /* IPv4: words of options; IPv6: extension headers */
};

static void push(struct original *o, const char *bytes, size_t n)
{
	memcpy(o->bytes + o->len, bytes, n);
	o->len += n;
}

static void push_random(struct original *o, size_t n, uint64_t *random)
{
	for (size_t i = 0; i < n; i++)
		o->bytes[o->len++] = (uint8_t)unit_random(random);
}

static void push_ipv4(struct original *o, const struct kind *kind, uint64_t *random)
{
	const size_t total = 20 + 4u * kind->extra + o->l4_len;
	const uint8_t header[12] = {
		0x45 + kind->extra, 0, total >> 8, total & 0xff, 0, 0, 0x40, 0, 64, kind->protocol,
	};

	push(o, "\x08\x00", 2);
	push(o, (const char *)header, sizeof(header));
	o->ends = o->len;
	o->ends_len = 8;
	push_random(o, 8 + 4u * kind->extra, random);
}

static void push_ipv6(struct original *o, const struct kind *kind, uint64_t *random)
{
	const size_t payload = 8u * kind->extra + o->l4_len;
	uint8_t header[8] = { 0x60, 0, 0, 0, payload >> 8, payload & 0xff, kind->protocol, 64 };

	if (kind->extra)
		header[6] = 60;
	push(o, "\x86\xdd", 2);
	push(o, (const char *)header, sizeof(header));
	o->ends = o->len;
	o->ends_len = 32;
	push_random(o, 32, random);
	for (uint8_t i = 0; i < kind->extra; i++) {
		push(o, i + 1 < kind->extra ? "\x3c" : kind->protocol == TCP ? "\x06" : "\x11", 1);
		push(o, "\0\1\4\0\0\0\0", 7);
	}
}

/* A frame of random content; its checksum is valid. */
static void original_make(struct original *o, const struct kind *kind, size_t payload,
                          uint64_t *random)
{
	static const char tags[] = "\x88\xa8\x00\x07\x81\x00\x00\x08";

	*o = (struct original){ .protocol = kind->protocol, .is_v6 = kind->is_v6 };
	o->l4_len = (kind->protocol == TCP ? 20 : 8) + payload;
	push_random(o, 12, random);
	push(o, tags + 8 - 4 * kind->n_tags, 4u * kind->n_tags);
	if (kind->is_v6)
		push_ipv6(o, kind, random);
	else
		push_ipv4(o, kind, random);
	o->l4 = o->len;
	push_random(o, o->l4_len, random);
	if (kind->protocol == UDP) {
		o->bytes[o->l4 + 4] = (uint8_t)(o->l4_len >> 8);
		o->bytes[o->l4 + 5] = (uint8_t)o->l4_len;
	}
	push_random(o, unit_random(random) % 20, random); /* padding is not summed */
	set_field(o, reference_checksum(o));
}

static struct kind random_kind(uint64_t *random)
{
	return (struct kind){
		.is_v6 = unit_random(random) % 2,
		.protocol = unit_random(random) % 2 ? TCP : UDP,
		.n_tags = unit_random(random) % 3,
		.extra = unit_random(random) % 4,
	};
}

/* --- the same frame in a UMEM, in pieces ----------------------------------- */

struct laid_out {
	uint8_t umem[UMEM];
	struct seg more[FRAME_SEGS + 3];
	struct frame frame;
};

/* Pieces lie backwards in the UMEM, so none continues where another ends. The
 * first holds the headers. */
static void lay_out(struct laid_out *l, const struct original *o, uint16_t n_more, uint64_t *random)
{
	uint64_t addr = UMEM - LONGEST;
	const size_t first = PARSE_WANT + unit_random(random) % 9;
	size_t off = n_more ? MIN(first, o->len) : o->len;

	memset(l, 0xee, sizeof(*l));
	l->frame = (struct frame){ .len = (uint32_t)o->len, .more = 3 };
	l->frame.data = l->umem + addr;
	l->frame.head = (struct seg){ addr, (uint32_t)off };
	memcpy(l->frame.data, o->bytes, off);
	assert_true(parse_l2(l->frame.data, off, &l->frame.l2));
	for (uint16_t i = 0; i < n_more && off < o->len; i++) {
		const size_t left = o->len - off;
		const size_t n = i + 1 < n_more ? 1 + unit_random(random) % left : left;

		addr -= n + 1 + unit_random(random) % 9;
		l->more[3 + i] = (struct seg){ addr, (uint32_t)n };
		memcpy(l->umem + addr, o->bytes + off, n);
		off += n;
		l->frame.n_more = i + 1;
	}
}

static void assert_same_bytes(const struct laid_out *l, const struct original *o)
{
	size_t off = l->frame.head.len;

	assert_memory_equal(l->frame.data, o->bytes, off);
	for (uint16_t i = 0; i < l->frame.n_more; i++) {
		assert_memory_equal(l->umem + l->more[3 + i].addr, o->bytes + off,
		                    l->more[3 + i].len);
		off += l->more[3 + i].len;
	}
	assert_int_equal(off, o->len);
}

static bool complete(struct laid_out *l)
{
	return csum_complete(&l->frame, l->more, l->umem);
}

/* --- tests ----------------------------------------------------------------- */

static struct laid_out laid;

static void sum_agrees_with_the_reference(void **state)
{
	uint64_t random = 5;

	for (int round = 0; round < ROUNDS; round++) {
		const size_t len = unit_random(&random) % (round % 2 ? 40 : 2000);
		const uint32_t start = (uint32_t)unit_random(&random);
		uint8_t *data = malloc(len + 1);

		for (size_t i = 0; i < len; i++)
			data[i + 1] = round % 3 ? (uint8_t)unit_random(&random) : 0xff;
		assert_int_equal(csum_add(data + 1, len, start),
		                 reference_sum(data + 1, len, start));
		free(data);
	}
	assert_int_equal(csum_add((const uint8_t *)"", 0, 0x12345), 0x2346);
}

static void unfinished_checksum_is_completed(void **state)
{
	uint64_t random = 1;

	for (int round = 0; round < ROUNDS; round++) {
		const struct kind kind = random_kind(&random);
		struct original o;
		uint16_t wanted;

		original_make(&o, &kind, unit_random(&random) % 3500, &random);
		wanted = reference_checksum(&o);
		set_field(&o, reference_pseudo(&o));
		lay_out(&laid, &o, round % FRAME_SEGS, &random);
		assert_true(complete(&laid));
		set_field(&o, wanted);
		assert_same_bytes(&laid, &o);
	}
}

static void finished_checksum_is_left(void **state)
{
	uint64_t random = 2;

	for (int round = 0; round < ROUNDS; round++) {
		const struct kind kind = random_kind(&random);
		struct original o;
		bool wrote;

		original_make(&o, &kind, unit_random(&random) % 3500, &random);
		lay_out(&laid, &o, round % FRAME_SEGS, &random);
		wrote = complete(&laid);
		assert_int_equal(wrote, reference_checksum(&o) == reference_pseudo(&o));
		assert_same_bytes(&laid, &o);
	}
}

/* Chosen so that the checksum of the whole is the pseudo-header's sum: it looks
 * unfinished, and completing it must give it again. */
static void finished_checksum_that_looks_unfinished_stays_the_same(void **state)
{
	uint64_t random = 3;

	for (int round = 0; round < ROUNDS; round++) {
		const struct kind kind = random_kind(&random);
		struct original o;
		uint8_t *last;
		uint16_t rest;

		original_make(&o, &kind, 100, &random);
		last = o.bytes + o.l4 + o.l4_len - 2;
		memset(last, 0, 2);
		set_field(&o, reference_pseudo(&o));
		rest = ~reference_sum(o.bytes + o.l4, o.l4_len, reference_pseudo(&o));
		last[0] = (uint8_t)(rest >> 8);
		last[1] = (uint8_t)rest;
		assert_int_equal(reference_checksum(&o), reference_pseudo(&o));
		lay_out(&laid, &o, 0, &random);
		assert_true(complete(&laid));
		assert_same_bytes(&laid, &o);
	}
}

static void wrong_checksum_is_left_for_the_receiver_to_see(void **state)
{
	const struct kind kind = { .protocol = TCP };
	uint64_t random = 4;
	struct original o;

	original_make(&o, &kind, 64, &random);
	set_field(&o, reference_pseudo(&o) ^ 0x0100);
	lay_out(&laid, &o, 0, &random);
	assert_false(complete(&laid));
	assert_same_bytes(&laid, &o);
}

static void datagram_without_checksum_is_left(void **state)
{
	const struct kind kind = { .protocol = UDP };
	uint64_t random = 4;
	struct original o;

	original_make(&o, &kind, 64, &random);
	set_field(&o, 0);
	lay_out(&laid, &o, 0, &random);
	assert_false(complete(&laid));
	assert_same_bytes(&laid, &o);
}

/* The sum comes out as zero, which UDP writes as 0xffff. */
static void zero_sum_of_a_datagram_is_written_as_ones(void **state)
{
	for (int is_v6 = 0; is_v6 < 2; is_v6++) {
		const struct kind kind = { .is_v6 = is_v6, .protocol = UDP };
		uint64_t random = 6;
		struct original o;
		uint16_t rest;

		original_make(&o, &kind, 64, &random);
		memset(o.bytes + o.l4 + 8, 0, 2);
		set_field(&o, reference_pseudo(&o));
		rest = ~reference_sum(o.bytes + o.l4, o.l4_len, 0);
		o.bytes[o.l4 + 8] = (uint8_t)(rest >> 8);
		o.bytes[o.l4 + 9] = (uint8_t)rest;
		lay_out(&laid, &o, 0, &random);
		assert_true(complete(&laid));
		set_field(&o, 0xffff);
		assert_same_bytes(&laid, &o);
	}
}

/* Each spoils a frame that would be completed. */
static void first_fragment(struct original *o)
{
	o->bytes[20] = 0x20;
}

static void later_fragment(struct original *o)
{
	o->bytes[21] = 1;
}

static void lying_ip_length(struct original *o)
{
	o->bytes[16] = 0xff;
}

static void lying_udp_length(struct original *o)
{
	o->bytes[o->l4 + 5] -= 1;
}

static void other_protocol(struct original *o)
{
	o->bytes[23] = 1;
}

static void other_ethertype(struct original *o)
{
	o->bytes[12] = 0x88;
}

static void what_is_not_ours_to_judge_is_left(void **state)
{
	void (*const spoils[])(struct original *) = {
		first_fragment,   later_fragment, lying_ip_length,
		lying_udp_length, other_protocol, other_ethertype,
	};
	const struct kind kind = { .protocol = UDP };

	for (size_t i = 0; i < ARRAY_SIZE(spoils); i++) {
		uint64_t random = 8;
		struct original o;

		original_make(&o, &kind, 64, &random);
		set_field(&o, reference_pseudo(&o));
		spoils[i](&o);
		lay_out(&laid, &o, 0, &random);
		assert_false(complete(&laid));
		assert_same_bytes(&laid, &o);
	}
}

/* A routing header with nodes to visit: the destination is not the last one. */
static void detour_is_left(void **state)
{
	const struct kind kind = { .is_v6 = true, .protocol = TCP, .extra = 1 };

	for (uint8_t left = 0; left < 2; left++) {
		uint64_t random = 9;
		struct original o;

		original_make(&o, &kind, 64, &random);
		set_field(&o, reference_pseudo(&o));
		o.bytes[20] = 43;
		o.bytes[54 + 3] = left;
		lay_out(&laid, &o, 0, &random);
		assert_int_equal(complete(&laid), left == 0);
	}
}

/* 'len' of the frame promises more than its pieces hold. */
static void missing_pieces_are_noticed(void **state)
{
	const struct kind kind = { .protocol = TCP };
	uint64_t random = 10;
	struct original o;

	original_make(&o, &kind, 1000, &random);
	set_field(&o, reference_pseudo(&o));
	lay_out(&laid, &o, 3, &random);
	o.len -= laid.more[3 + --laid.frame.n_more].len;
	assert_false(complete(&laid));
	assert_same_bytes(&laid, &o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sum_agrees_with_the_reference),
		cmocka_unit_test(unfinished_checksum_is_completed),
		cmocka_unit_test(finished_checksum_is_left),
		cmocka_unit_test(finished_checksum_that_looks_unfinished_stays_the_same),
		cmocka_unit_test(wrong_checksum_is_left_for_the_receiver_to_see),
		cmocka_unit_test(datagram_without_checksum_is_left),
		cmocka_unit_test(zero_sum_of_a_datagram_is_written_as_ones),
		cmocka_unit_test(what_is_not_ours_to_judge_is_left),
		cmocka_unit_test(detour_is_left),
		cmocka_unit_test(missing_pieces_are_noticed),
	};

	return cmocka_run_group_tests_name("csum", tests, NULL, NULL);
}
