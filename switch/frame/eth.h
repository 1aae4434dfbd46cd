/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * eth: where are the fields of an Ethernet frame?
 *
 * Layouts of IEEE 802.3 and 802.1Q headers and the few questions every stage
 * asks about an address. Fields are in network byte order; none of these
 * functions checks a length: the caller has.
 */

#define ETH_ADDR_LEN   6
#define ETH_HEADER_LEN 14 /* two addresses and the EtherType */
#define ETH_VLAN_LEN   4  /* one tag: TPID and TCI */

#define ETH_TYPE_IPV4 0x0800
#define ETH_TYPE_ARP  0x0806
#define ETH_TYPE_VLAN 0x8100 /* C-tag, IEEE 802.1Q */
#define ETH_TYPE_IPV6 0x86dd
#define ETH_TYPE_QINQ 0x88a8 /* S-tag, IEEE 802.1ad */

/* Returns the 16-bit field at 'p', which need not be aligned. */
static inline uint16_t eth_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* The address tests take the 48 bits of an address in wire order, as
 * parse_l2() gives them. */

/* True for multicast and broadcast: the I/G bit, IEEE 802 8.2. */
static inline bool eth_is_group(uint64_t mac48)
{
	return mac48 >> 40 & 1;
}

/* True for 01:80:c2:00:00:00 to 0f, which a bridge never forwards by itself:
 * spanning tree, LACP, LLDP, pause (IEEE 802.1Q table 8-1). */
static inline bool eth_is_link_control(uint64_t mac48)
{
	return (mac48 & ~0xfull) == 0x0180c2000000ull;
}
