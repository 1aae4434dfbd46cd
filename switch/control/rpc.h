/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <jansson.h>

/*
 * rpc: who asks, and how is the answer brought back?
 *
 * JSON-RPC 2.0 over a unix stream socket, one JSON text per line in either
 * direction. A request is {"jsonrpc":"2.0","id":..,"method":"port.add",
 * "params":{..}}; methods are listed in command.h. A request without an id is
 * a notification and gets no answer. An array is a batch.
 *
 * Size     A request is at most RPC_REQUEST_MAX bytes, the answers a client has
 *          not read RPC_PENDING_MAX; there are at most RPC_CLIENTS_MAX clients.
 *          Who goes beyond is answered with an error where that is possible,
 *          and closed.
 *
 * Threads  The control thread only (libevent).
 *
 * Trust    The socket's mode (0660) says who may speak. What is said is not
 *          trusted: garbage is answered with error -32700 and the connection
 *          goes on with the next line.
 *
 * Source   JSON-RPC 2.0 Specification, jsonrpc.org, 2013.
 */
struct rpc;
struct event_base;

#define RPC_REQUEST_MAX (1 << 20)
#define RPC_PENDING_MAX (16 << 20)
#define RPC_CLIENTS_MAX 64

/* Errors of the specification, and ours: RPC_FAILED - N stands for the
 * command's exit code N (2 refused, 3 not found). */
enum rpc_error {
	RPC_PARSE_ERROR = -32700,
	RPC_INVALID_REQUEST = -32600,
	RPC_NO_METHOD = -32601,
	RPC_INVALID_PARAMS = -32602,
	RPC_FAILED = -32000,
};

/* What a method answers: either 'result' or a 'code' below 0 with words. */
struct rpc_reply {
	json_t *result;    /* owned by the reply */
	int code;          /* enum rpc_error, or 0 */
	char object[64];   /* "port p1": what the error is about, or "" */
	char message[256]; /* words for the user */
};

/* Runs 'method' and fills in 'reply'. 'params' is an object, never NULL. */
typedef void (*rpc_handler)(const char *method, const json_t *params, struct rpc_reply *reply,
                            void *arg);

/* Listens on 'path' (mode 0660), replacing a socket file nobody listens on.
 * Returns 0, -EADDRINUSE when somebody does, or another -errno. */
int rpc_open(struct rpc **out, struct event_base *base, const char *path, rpc_handler handler,
             void *arg);

/* Closes every connection, sends what is pending if that needs no waiting, and
 * removes the socket file. 'rpc' may be NULL. */
void rpc_close(struct rpc *rpc);

/* For methods: fills 'reply' with an error in words. */
void rpc_fail(struct rpc_reply *reply, int code, const char *object, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
