/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* unit: what does every unit test include? cmocka, which wants these four first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define assert_ok(call) assert_int_equal((call), 0)

/* The next of a sequence of 64-bit numbers that is the same in every run:
 * xorshift64*, Vigna 2016. '*state' is never 0. */
static inline uint64_t unit_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1d;
}
