/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/frame/parse.h"

#include <endian.h>
#include <string.h>

#include "switch/base/macros.h"
#include "switch/frame/eth.h"

#define ETH_TYPE_QINQ_OLD 0x9100 /* stacked tags before IEEE 802.1ad */

#define IPV4_MIN      20
#define IPV4_MORE     0x2000 /* fragment field: more fragments */
#define IPV4_OFFSET   0x1fff
#define IPV6_LEN      40
#define IPV6_EXT_UNIT 8      /* extension headers come in multiples of it */
#define IPV6_OFFSET   0xfff8 /* fragment header: offset */
#define IPV6_MORE     0x0001
#define TCP_MIN       20
#define UDP_LEN       8

/* IANA protocol numbers. */
enum {
	IP_HOP_BY_HOP = 0,
	IP_TCP = 6,
	IP_UDP = 17,
	IP_ROUTING = 43,
	IP_FRAGMENT = 44,
	IP_DEST_OPTIONS = 60,
};

/* How far the walk through an IP packet has come. Offsets count from the start
 * of the frame. */
struct walk {
	const uint8_t *data;
	size_t seen; /* end of what lies at 'data' */
	size_t off;  /* the header to look at next */
	size_t end;  /* of the packet, as its own header says */
	uint8_t next;
};

static inline uint64_t be48(const uint8_t *p)
{
	uint64_t bits;

	memcpy(&bits, p, sizeof(bits));
	return be64toh(bits) >> 16;
}

static inline bool is_tpid(uint16_t type)
{
	return type == ETH_TYPE_VLAN || type == ETH_TYPE_QINQ || type == ETH_TYPE_QINQ_OLD;
}

bool parse_l2(const uint8_t *data, size_t len, struct parse_l2 *out)
{
	size_t off = ETH_HEADER_LEN;
	uint8_t n = 0;

	if (len < ETH_HEADER_LEN)
		return false;

	/* Each address is read with the two bytes behind it, which exist. */
	*out = (struct parse_l2){ .dst_key = be48(data), .src_key = be48(data + ETH_ADDR_LEN) };
	out->type = eth_be16(data + off - 2);
	while (n < PARSE_MAX_TAGS && is_tpid(out->type) && len - off >= ETH_VLAN_LEN) {
		out->tpid[n] = out->type;
		out->tci[n++] = eth_be16(data + off);
		off += ETH_VLAN_LEN;
		out->type = eth_be16(data + off - 2);
	}
	out->n_tags = n;
	out->l3 = (uint16_t)off;
	return true;
}

/* The walk has come to the protocol above IP. A header that the packet or the
 * first chunk does not hold whole is none. */
static void parse_l4(const struct walk *w, struct parse_l3l4 *out)
{
	const size_t want = w->next == IP_TCP ? TCP_MIN : UDP_LEN;

	if (w->next != IP_TCP && w->next != IP_UDP)
		return;
	if (w->end - w->off < want || w->off + want > w->seen)
		return;
	out->l4 = w->next == IP_TCP ? PARSE_TCP : PARSE_UDP;
	out->l4_off = (uint16_t)w->off;
	out->l4_len = (uint32_t)(w->end - w->off);
}

static void parse_ipv4(struct walk *w, size_t wire_len, struct parse_l3l4 *out)
{
	const uint8_t *ip = w->data + w->off;
	size_t header, total;
	uint16_t fragment;

	if (w->seen - w->off < IPV4_MIN || ip[0] >> 4 != 4)
		return;
	header = (size_t)(ip[0] & 0xf) * 4;
	total = eth_be16(ip + 2);
	if (header < IPV4_MIN || total < header || total > wire_len - w->off)
		return;

	out->version = 4;
	fragment = eth_be16(ip + 6);
	out->is_fragment = fragment & (IPV4_MORE | IPV4_OFFSET);
	if (fragment & IPV4_OFFSET)
		return;
	w->end = w->off + total;
	w->off += header;
	w->next = ip[9];
	parse_l4(w, out);
}

static inline bool is_extension(uint8_t next)
{
	return next == IP_HOP_BY_HOP || next == IP_ROUTING || next == IP_FRAGMENT ||
	       next == IP_DEST_OPTIONS;
}

/* Steps over one extension header. Returns false where the walk ends: at a
 * header that is not all there, or before a later fragment's bytes. */
static bool step_over(struct walk *w, struct parse_l3l4 *out)
{
	const uint8_t *ext = w->data + w->off;
	size_t size = IPV6_EXT_UNIT;

	if (w->end - w->off < size) {
		out->version = 0;
		return false;
	}
	if (w->off + size > w->seen)
		return false;
	if (w->next == IP_FRAGMENT) {
		out->is_fragment |= eth_be16(ext + 2) & (IPV6_OFFSET | IPV6_MORE);
		if (eth_be16(ext + 2) & IPV6_OFFSET)
			return false;
	} else {
		size *= ext[1] + 1u;
	}
	if (w->end - w->off < size) {
		out->version = 0;
		return false;
	}
	out->has_detour |= w->next == IP_ROUTING && ext[3] != 0;
	w->next = ext[0];
	w->off += size;
	return true;
}

static void parse_ipv6(struct walk *w, size_t wire_len, struct parse_l3l4 *out)
{
	const uint8_t *ip = w->data + w->off;
	size_t payload;

	if (w->seen - w->off < IPV6_LEN || ip[0] >> 4 != 6)
		return;
	payload = eth_be16(ip + 4);
	if (payload > wire_len - w->off - IPV6_LEN)
		return;

	out->version = 6;
	w->off += IPV6_LEN;
	w->end = w->off + payload;
	w->next = ip[6];
	while (is_extension(w->next))
		if (!step_over(w, out))
			return;
	parse_l4(w, out);
}

void parse_l3l4(const uint8_t *data, size_t len, size_t wire_len, const struct parse_l2 *l2,
                struct parse_l3l4 *out)
{
	/* No more than PARSE_WANT, so that a frame says the same however it is cut,
	 * and a chain of extension headers is short. */
	struct walk w = { .data = data, .off = l2->l3 };

	w.seen = MIN(MIN(len, wire_len), PARSE_WANT);
	*out = (struct parse_l3l4){ .l4 = PARSE_NO_L4 };
	if (w.seen < w.off)
		return;
	if (l2->type == ETH_TYPE_IPV4)
		parse_ipv4(&w, wire_len, out);
	else if (l2->type == ETH_TYPE_IPV6)
		parse_ipv6(&w, wire_len, out);
}
