/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include "ctl/columns.h"
#include "ctl/print.h"

/*
 * print_parts: what do print.c and print_port.c both need?
 *
 * Short ways to the members of a result, and the table of ports, which is
 * part of several screens.
 */

/* Return the member, or "" or 0 when it is not there or something else. */
const char *text_in(const json_t *object, const char *key);
json_int_t number_in(const json_t *object, const char *key);

/* Writes a time like "2d 03:04:05". */
void time_words(json_int_t seconds, char *out, size_t size);

/* Writes the ports of 'bridge', or all if it is NULL, 'indent' blanks to the
 * right, with their notes if 'notes'. */
void print_ports(FILE *file, const json_t *ports, const char *bridge, int indent, bool notes,
                 const struct print_options *options);
