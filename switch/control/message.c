/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/control/message.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>

void rpc_fail(struct rpc_reply *reply, int code, const char *object, const char *format, ...)
{
	va_list args;

	reply->code = code;
	snprintf(reply->object, sizeof(reply->object), "%s", object);
	va_start(args, format);
	vsnprintf(reply->message, sizeof(reply->message), format, args);
	va_end(args);
}

/* --- answers --- */

/* A name that came from elsewhere may not be UTF-8, or be cut in a character. */
static json_t *text_of(const char *words)
{
	char plain[sizeof(((struct rpc_reply *)0)->message)];
	json_t *text = json_string(words);

	if (text)
		return text;
	snprintf(plain, sizeof(plain), "%s", words);
	for (char *c = plain; *c; c++)
		if (*c & 0x80)
			*c = '?';
	return json_string(plain);
}

static json_t *error_of(const struct rpc_reply *reply)
{
	json_t *error = json_object();

	json_object_set_new(error, "code", json_integer(reply->code));
	json_object_set_new(error, "message", text_of(reply->message));
	if (reply->object[0])
		json_object_set_new(error, "data",
		                    json_pack("{s:o}", "object", text_of(reply->object)));
	return error;
}

static void release_text(const void *data, size_t size, void *arg)
{
	(void)size, (void)arg;
	free((void *)data);
}

/* Adds the answer to 'out'; takes what 'reply' holds. */
static void put_answer(struct evbuffer *out, json_t *id, struct rpc_reply *reply)
{
	json_t *answer = json_object();
	char *text;

	json_object_set_new(answer, "jsonrpc", json_string("2.0"));
	json_object_set(answer, "id", id);
	if (reply->code)
		json_object_set_new(answer, "error", error_of(reply));
	else
		json_object_set(answer, "result", reply->result ? reply->result : json_null());
	text = json_dumps(answer, JSON_COMPACT);
	if (text)
		evbuffer_add_reference(out, text, strlen(text), release_text, NULL);
	json_decref(answer);
	json_decref(reply->result);
	reply->result = NULL;
}

void message_refuse(struct evbuffer *out, json_t *id, int code, const char *words)
{
	struct rpc_reply reply = { 0 };

	rpc_fail(&reply, code, "", "%s", words);
	put_answer(out, id, &reply);
}

/* --- requests --- */

static bool is_id(const json_t *id)
{
	return json_is_string(id) || json_is_number(id) || json_is_null(id);
}

/* Returns what is wrong with the form of 'request', or NULL. */
static const char *malformed(const json_t *request)
{
	const char *version = json_string_value(json_object_get(request, "jsonrpc"));
	const json_t *params = json_object_get(request, "params");
	const json_t *id = json_object_get(request, "id");

	if (!json_is_object(request))
		return "a request is an object";
	if (id && !is_id(id))
		return "id is neither a string, a number nor null";
	if (!version || strcmp(version, "2.0"))
		return "jsonrpc is not \"2.0\"";
	if (!json_is_string(json_object_get(request, "method")))
		return "method is not a string";
	if (params && !json_is_object(params) && !json_is_array(params))
		return "params is neither an object nor an array";
	return NULL;
}

static void run(const struct message_service *to, const json_t *request, struct rpc_reply *reply)
{
	const char *method = json_string_value(json_object_get(request, "method"));
	const json_t *given = json_object_get(request, "params");
	json_t *none = NULL;

	if (json_is_array(given)) {
		rpc_fail(reply, RPC_INVALID_PARAMS, "", "parameters are given by name");
		return;
	}
	if (!given)
		given = none = json_object();
	to->handler(method, given, reply, to->arg);
	json_decref(none);
}

/* Runs one request; adds its answer to 'out' unless it is a notification. */
static void serve_one(const struct message_service *to, const json_t *request, struct evbuffer *out)
{
	const char *wrong = malformed(request);
	json_t *id = json_object_get(request, "id");
	struct rpc_reply reply = { 0 };

	if (wrong) {
		message_refuse(out, id && is_id(id) ? id : json_null(), RPC_INVALID_REQUEST, wrong);
		return;
	}
	run(to, request, &reply);
	if (id)
		put_answer(out, id, &reply);
	else
		json_decref(reply.result);
}

/* Stops early when the answers grow beyond what a client may have pending. */
static void serve_batch(const struct message_service *to, const json_t *batch, struct evbuffer *out)
{
	struct evbuffer *answer = evbuffer_new();
	size_t i;
	json_t *request;

	if (!answer)
		return;
	json_array_foreach (batch, i, request) {
		serve_one(to, request, answer);
		if (!evbuffer_get_length(answer))
			continue;
		evbuffer_add(out, evbuffer_get_length(out) ? "," : "[", 1);
		evbuffer_add_buffer(out, answer);
		if (evbuffer_get_length(out) > RPC_PENDING_MAX)
			break;
	}
	if (evbuffer_get_length(out))
		evbuffer_add(out, "]", 1);
	evbuffer_free(answer);
}

void message_serve(const struct message_service *to, const char *text, size_t size,
                   struct evbuffer *out)
{
	json_error_t error;
	json_t *request = json_loadb(text, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);

	if (!request)
		message_refuse(out, json_null(), RPC_PARSE_ERROR, error.text);
	else if (json_is_array(request) && !json_array_size(request))
		message_refuse(out, json_null(), RPC_INVALID_REQUEST, "the batch is empty");
	else if (json_is_array(request))
		serve_batch(to, request, out);
	else
		serve_one(to, request, out);
	json_decref(request);
}
