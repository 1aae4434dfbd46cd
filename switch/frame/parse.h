/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * parse: what does this frame say it is?
 *
 * Finds the fields that decisions are made of. Works on the first chunk of a
 * frame, which holds at least its first PARSE_WANT bytes or all of it.
 *
 * Trust    Nothing: every offset is checked against 'len' before it is read.
 *          A frame whose IP part lies or is cut off still parses as Ethernet;
 *          'l4' is then PARSE_NO_L4 and a plain L2 port forwards it as it is.
 *
 * Sources  IEEE 802.3, IEEE 802.1Q-2022 (tags), RFC 791, RFC 8200.
 */

#define PARSE_WANT     256 /* bytes that hold every header looked at */
#define PARSE_MAX_TAGS 2

enum parse_l4 {
	PARSE_NO_L4, /* not IP, malformed, a later fragment, or another protocol */
	PARSE_TCP,
	PARSE_UDP,
};

/* The layer-2 part, filled in for every frame. Numbers in host order. */
struct parse_l2 {
	uint64_t dst_key; /* the 48 bits of the destination, in wire order */
	uint64_t src_key; /* likewise the source */
	uint16_t type;    /* EtherType behind the tags */
	uint16_t l3;      /* bytes from the start of the frame to the payload */
	uint8_t n_tags;   /* 0 to PARSE_MAX_TAGS */
	uint16_t tpid[PARSE_MAX_TAGS];
	uint16_t tci[PARSE_MAX_TAGS];
};

/* The part above, only where something looks at it. */
struct parse_l3l4 {
	uint8_t version; /* 4 or 6; 0 when not IP or malformed */
	enum parse_l4 l4;
	uint16_t l4_off;  /* bytes from the start of the frame; 0 with PARSE_NO_L4 */
	uint32_t l4_len;  /* as the IP header says, within the frame; likewise */
	bool is_fragment; /* the rest of the segment is in other frames */
	bool has_detour;  /* IPv6: the destination is not yet the last one */
};

/* Reads the Ethernet header and up to two tags (TPID 0x8100, 0x88a8, 0x9100).
 * A tag that is cut off is not a tag but payload. Returns false when 'len' is
 * shorter than an Ethernet header; 'out' is then left as it was. */
bool parse_l2(const uint8_t *data, size_t len, struct parse_l2 *out);

/* Reads IPv4 or IPv6 (with its extension headers) behind 'l2' up to the L4
 * header. 'len' is what lies at 'data', 'wire_len' the whole frame. With TCP
 * or UDP, the fixed part of that header lies within 'len' and PARSE_WANT. */
void parse_l3l4(const uint8_t *data, size_t len, size_t wire_len, const struct parse_l2 *l2,
                struct parse_l3l4 *out);
