/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <linux/if_link.h>
#include <linux/if_xdp.h>

/*
 * kernel: what newer kernels call by a name that our headers do not know yet.
 *
 * The oldest headers we build with are those of Linux 6.1. Values are part of
 * the kernel's stable interface; the version that brought each is named.
 */

#ifndef SOL_XDP
#define SOL_XDP 283
#endif

#ifndef XDP_USE_SG /* 6.6: frames of several chunks */
#define XDP_USE_SG (1 << 4)
#endif
#ifndef XDP_PKT_CONTD
#define XDP_PKT_CONTD (1 << 0)
#endif
#ifndef XDP_MAX_TX_SKB_BUDGET /* 6.17: frames per sendto(), 32 before */
#define XDP_MAX_TX_SKB_BUDGET 9
#endif
