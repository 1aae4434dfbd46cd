/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/frame/csum.h"

#include <endian.h>
#include <string.h>

#include "switch/base/macros.h"
#include "switch/frame/eth.h"

#define IPV4_SRC   12 /* source and destination, side by side */
#define IPV6_SRC   8
#define IPV4_ADDRS 8
#define IPV6_ADDRS 32
#define IP_TCP     6
#define IP_UDP     17
#define TCP_CSUM   16 /* offset of the field in the L4 header */
#define UDP_CSUM   6
#define UDP_LENGTH 4

static inline uint16_t fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)((sum >> 16) + sum);
}

static inline uint16_t fold128(unsigned __int128 sum)
{
	sum = (sum >> 64) + (uint64_t)sum;
	return fold((uint64_t)(sum >> 64) + fold((uint64_t)sum));
}

/* Sums in the machine's byte order, eight bytes at a time: the sum is the same
 * in either order but for the order of its own two bytes (RFC 1071 2(B)). */
uint16_t csum_add(const uint8_t *data, size_t len, uint32_t sum)
{
	unsigned __int128 acc = 0;
	uint64_t word;

	for (; len >= sizeof(word); data += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		acc += word;
	}
	word = 0;
	memcpy(&word, data, len);
	acc += word;
	return fold((uint64_t)be16toh(fold128(acc)) + sum);
}

static uint16_t pseudo_sum(const uint8_t *ip, const struct parse_l3l4 *l3l4)
{
	const uint32_t sum = l3l4->l4_len + (l3l4->l4 == PARSE_TCP ? IP_TCP : IP_UDP);

	if (l3l4->version == 4)
		return csum_add(ip + IPV4_SRC, IPV4_ADDRS, sum);
	return csum_add(ip + IPV6_SRC, IPV6_ADDRS, sum);
}

/* Adds up 'len' bytes from offset 'off' of the frame, over all its pieces.
 * Returns false when the pieces end before them. */
static bool sum_pieces(const struct frame *frame, const struct seg *more, const uint8_t *umem,
                       size_t off, size_t len, uint16_t *out)
{
	size_t here = frame->head.len - off; /* 'off' is in the first piece */
	const uint8_t *data = frame->data + off;
	uint32_t sum = 0;
	bool is_odd = false;

	for (uint16_t i = 0;; i++) {
		const size_t n = MIN(here, len);
		const uint16_t part = csum_add(data, n, 0);

		sum += is_odd ? __builtin_bswap16(part) : part;
		is_odd ^= n & 1;
		len -= n;
		if (len == 0 || i == frame->n_more)
			break;
		data = umem + more[frame->more + i].addr;
		here = more[frame->more + i].len;
	}
	*out = fold(sum);
	return len == 0;
}

/* True when the whole segment is here and the pseudo-header is known: the
 * checksum of a fragment, of a packet that is to visit other nodes first, or of
 * a datagram whose two lengths disagree, is not ours to judge. */
static bool can_judge(const struct frame *frame, const struct parse_l3l4 *l3l4)
{
	if (l3l4->l4 == PARSE_NO_L4 || l3l4->is_fragment || l3l4->has_detour)
		return false;
	return l3l4->l4 == PARSE_TCP ||
	       eth_be16(frame->data + l3l4->l4_off + UDP_LENGTH) == l3l4->l4_len;
}

/* The pseudo-header's sum is in the field already, so the sum of the segment as
 * it stands is the one that is wanted. */
bool csum_complete(struct frame *frame, const struct seg *more, uint8_t *umem)
{
	struct parse_l3l4 l3l4;
	uint16_t sum;
	uint8_t *field;

	parse_l3l4(frame->data, frame->head.len, frame->len, &frame->l2, &l3l4);
	if (!can_judge(frame, &l3l4))
		return false;
	field = frame->data + l3l4.l4_off + (l3l4.l4 == PARSE_TCP ? TCP_CSUM : UDP_CSUM);
	if (eth_be16(field) != pseudo_sum(frame->data + frame->l2.l3, &l3l4))
		return false;
	if (!sum_pieces(frame, more, umem, l3l4.l4_off, l3l4.l4_len, &sum))
		return false;

	sum = (uint16_t)~sum;
	if (sum == 0 && l3l4.l4 == PARSE_UDP)
		sum = 0xffff; /* 0 would say that there is none */
	field[0] = (uint8_t)(sum >> 8);
	field[1] = (uint8_t)sum;
	return true;
}
