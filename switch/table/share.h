/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "switch/table/fdb.h"

/*
 * share: which port has most of the learned entries, and whose turn is it?
 *
 * The fdb's account of who holds how much. The entries of a port form a ring
 * through its head, the one added first at the front.
 *
 * Time     Every call is a few steps, whatever the table holds; only
 *          share_largest() looks at all ports, and only when another one may
 *          have caught up with the one that was ahead.
 *
 * Threads  All calls need the fdb's lock, except share_of().
 */

struct share_link {
	uint32_t next, prev;
};

struct share {
	uint32_t n_places;
	struct share_link *links; /* of each place, then the head of each port */
	uint16_t largest;         /* is ahead as long as it has ... */
	uint32_t others_at_most;  /* ... at least this many */
	_Atomic uint32_t n[FDB_PORTS];
};

/* Makes an account of 'n_places' places, none in use. Returns 0 or -ENOMEM. */
int share_init(struct share *share, uint32_t n_places);
void share_fini(struct share *share);

/* Notes that the entry in 'place' is now one of 'port'. */
void share_add(struct share *share, uint32_t place, uint16_t port);

/* Notes that it is no more. */
void share_del(struct share *share, uint32_t place, uint16_t port);

/* Notes that an entry went from one place to another. It keeps its turn. */
void share_move(struct share *share, uint32_t from, uint32_t to);

/* Returns how many entries 'port' has. Any thread. */
uint32_t share_of(const struct share *share, uint16_t port);

/* Returns the port with most entries, or 0 when there are none. */
uint16_t share_largest(struct share *share);

/* Returns the front entry of 'port', which has one, and moves it to the end. */
uint32_t share_turn(struct share *share, uint16_t port);
