/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "switch/plane/port.h"

/*
 * words: how is it said to a person?
 *
 * Lower layers give reasons as enums; here they become sentences that say
 * what is wrong and what would help.
 */

/* Why a device could not be taken into use. */
void words_problem(const struct port *port, char *out, size_t size);

/* Why a port that has its device does not forward; "" when it does. */
void words_not_forwarding(const struct port *port, char *out, size_t size);

/* What a port does without, as an array of sentences. 'can_burst': the workers
 * can run bursts. */
json_t *words_notes(const struct port *port, bool can_burst);
