/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "switch/frame/batch.h"

/*
 * csum: has the sender left the checksum for hardware to fill in?
 *
 * A frame from a far end that offloads checksums carries, in the TCP or UDP
 * checksum field, only the folded sum of the pseudo-header (the kernel's
 * CHECKSUM_PARTIAL). AF_XDP does not tell. A field that holds exactly that
 * value is taken for unfinished and completed; a finished checksum with that
 * value means the segment sums to zero, and completing it gives the same
 * value again.
 *
 * Sources  RFC 1071 (the sum), RFC 768, RFC 9293, RFC 8200 8.1 (pseudo-headers).
 */

/* Returns the ones' complement sum of 'len' bytes added to 'sum', folded to 16
 * bits, as if the bytes began at an even offset. */
uint16_t csum_add(const uint8_t *data, size_t len, uint32_t sum);

/* Completes the L4 checksum of 'frame' if it was left unfinished. 'umem' is
 * the memory that segment addresses count from; 'more' the batch's pieces.
 * Returns true if it wrote one. Malformed frames and fragments are left, and so
 * are datagrams whose UDP length is not IP's and IPv6 packets with a detour. */
bool csum_complete(struct frame *frame, const struct seg *more, uint8_t *umem);
