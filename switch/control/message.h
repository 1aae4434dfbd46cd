/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stddef.h>

#include "switch/control/rpc.h"

/*
 * message: what does a line of JSON-RPC ask for, and what is answered?
 *
 * The half of rpc that knows the protocol; connections are the other. A text
 * goes in, the method runs, the text of the answer comes out.
 *
 * Trust    A text may be anything. Strings with \u0000, members given twice and
 *          nesting beyond 2048 are errors of the text (-32700).
 *
 * Source   JSON-RPC 2.0 Specification, jsonrpc.org, 2013.
 */
struct evbuffer;

/* Who runs the methods. */
struct message_service {
	rpc_handler handler;
	void *arg;
};

/* Serves the request or the batch in 'text' and adds the answer, if there is
 * one, to 'out', which is empty. A batch ends early when its answers grow
 * beyond RPC_PENDING_MAX; 'out' is then larger than that. */
void message_serve(const struct message_service *to, const char *text, size_t size,
                   struct evbuffer *out);

/* Adds an error to 'out'. 'id' is that of the request, or null. */
void message_refuse(struct evbuffer *out, json_t *id, int code, const char *words);
