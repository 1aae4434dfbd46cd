/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a line on the command socket. */
#include <event2/buffer.h>
#include <stdint.h>

#include "switch/control/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void echo(const char *method, const json_t *params, struct rpc_reply *reply, void *arg)
{
	reply->result = json_pack("{s:s, s:o}", "method", method, "params", json_deep_copy(params));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct message_service service = { .handler = echo };
	struct evbuffer *out = evbuffer_new();

	message_serve(&service, (const char *)data, size, out);
	evbuffer_free(out);
	return 0;
}
