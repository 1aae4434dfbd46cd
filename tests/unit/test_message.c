/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "switch/control/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>

#include "switch/base/macros.h"

#define HEAD   "{\"jsonrpc\":\"2.0\","
#define HEAD_1 HEAD "\"id\":1,"

static int calls;

static void handler(const char *method, const json_t *params, struct rpc_reply *reply, void *arg)
{
	(void)arg;
	calls++;
	if (!strcmp(method, "echo"))
		reply->result = json_deep_copy(params);
	else if (!strcmp(method, "refuse"))
		rpc_fail(reply, RPC_FAILED - 2, "port p1", "a foreign program is on %s", "p1");
	else if (!strcmp(method, "latin1"))
		rpc_fail(reply, RPC_FAILED - 3, "port \xe9", "no device \xe9t\xe9");
	else if (!strcmp(method, "wordy"))
		rpc_fail(reply, RPC_FAILED - 2, "", "%0300d\xc3\xa9", 0);
	else if (!strcmp(method, "large"))
		reply->result = json_sprintf("%1048576s", "x");
	else if (strcmp(method, "nothing"))
		rpc_fail(reply, RPC_NO_METHOD, "", "no method %s", method);
}

/* Returns the answer to 'text', which the caller frees; "" for silence. */
static char *answer_to(const char *text, size_t size)
{
	const struct message_service service = { .handler = handler };
	struct evbuffer *out = evbuffer_new();
	char *answer;

	calls = 0;
	message_serve(&service, text, size, out);
	answer = calloc(1, evbuffer_get_length(out) + 1);
	evbuffer_copyout(out, answer, evbuffer_get_length(out));
	evbuffer_free(out);
	return answer;
}

static void assert_answer(const char *text, const char *expected)
{
	char *answer = answer_to(text, strlen(text));

	assert_string_equal(answer, expected);
	free(answer);
}

static void assert_code(const char *text, size_t size, int expected)
{
	char *answer = answer_to(text, size);
	json_t *root = json_loads(answer, 0, NULL);
	int code = 0;

	assert_ok(json_unpack(root, "{s?{s:i}}", "error", "code", &code));
	if (code != expected)
		print_error("%s\n", text);
	assert_int_equal(code, expected);
	json_decref(root);
	free(answer);
}

static void method_is_run_with_its_parameters(void **state)
{
	(void)state;
	assert_answer(HEAD_1 "\"method\":\"echo\",\"params\":{\"a\":{\"b\":[1,null]}}}",
	              HEAD_1 "\"result\":{\"a\":{\"b\":[1,null]}}}");
	assert_int_equal(calls, 1);
	assert_answer(HEAD_1 "\"method\":\"echo\"}", HEAD_1 "\"result\":{}}");
	assert_answer(HEAD_1 "\"method\":\"nothing\"}", HEAD_1 "\"result\":null}");
}

static void ids_come_back_as_they_were(void **state)
{
	static const char *const ids[] = {
		"1", "-9007199254740993", "\"x\"", "\"\"", "null", "1.5", "\"\xc3\xa9\"", "0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		char ask[128], expected[128];

		snprintf(ask, sizeof(ask), " {\"id\":%s,\"method\":\"echo\",\"jsonrpc\":\"2.0\"}\r",
		         ids[i]);
		snprintf(expected, sizeof(expected), HEAD "\"id\":%s,\"result\":{}}", ids[i]);
		assert_answer(ask, expected);
	}
}

static void errors_carry_words_and_object(void **state)
{
	(void)state;
	assert_answer(HEAD_1 "\"method\":\"refuse\"}",
	              HEAD_1 "\"error\":{\"code\":-32002,\"message\":\"a foreign program is on "
	                     "p1\",\"data\":{\"object\":\"port p1\"}}}");
	assert_answer(HEAD_1 "\"method\":\"what\"}",
	              HEAD_1 "\"error\":{\"code\":-32601,\"message\":\"no method what\"}}");
}

/* A device may be named so, and words may be cut in the middle of a character. */
static void words_that_are_no_utf8_are_made_so(void **state)
{
	(void)state;
	assert_answer(HEAD_1 "\"method\":\"latin1\"}",
	              HEAD_1 "\"error\":{\"code\":-32003,\"message\":\"no device ?t?\","
	                     "\"data\":{\"object\":\"port ?\"}}}");
	assert_code(HEAD_1 "\"method\":\"wordy\"}", strlen(HEAD_1 "\"method\":\"wordy\"}"),
	            RPC_FAILED - 2);
}

#define CASE(text, code)                                                                           \
	{                                                                                          \
		text, sizeof(text) - 1, code                                                       \
	}
static const struct {
	const char *text;
	size_t size;
	int code;
} bad[] = {
	CASE("garbage", RPC_PARSE_ERROR),
	CASE("", RPC_PARSE_ERROR),
	CASE(HEAD, RPC_PARSE_ERROR),
	CASE("\0", RPC_PARSE_ERROR),
	CASE(HEAD_1 "\"method\":\"ec\0ho\"}", RPC_PARSE_ERROR),
	CASE(HEAD_1 "\"method\":\"ec\\u0000ho\"}", RPC_PARSE_ERROR),
	CASE(HEAD_1 "\"method\":\"\xff\xfe\"}", RPC_PARSE_ERROR),
	CASE(HEAD_1 "\"method\":\"echo\",\"method\":\"refuse\"}", RPC_PARSE_ERROR),
	CASE(HEAD_1 "\"method\":\"echo\"} trailing", RPC_PARSE_ERROR),
	CASE("{\"id\":99999999999999999999,\"jsonrpc\":\"2.0\"}", RPC_PARSE_ERROR),
	CASE("17", RPC_INVALID_REQUEST),
	CASE("null", RPC_INVALID_REQUEST),
	CASE("\"echo\"", RPC_INVALID_REQUEST),
	CASE("{}", RPC_INVALID_REQUEST),
	CASE("[]", RPC_INVALID_REQUEST),
	CASE("{\"id\":1,\"method\":\"echo\"}", RPC_INVALID_REQUEST),
	CASE("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"echo\"}", RPC_INVALID_REQUEST),
	CASE("{\"jsonrpc\":2.0,\"id\":1,\"method\":\"echo\"}", RPC_INVALID_REQUEST),
	CASE(HEAD "\"method\":5}", RPC_INVALID_REQUEST),
	CASE(HEAD "\"id\":{},\"method\":\"echo\"}", RPC_INVALID_REQUEST),
	CASE(HEAD "\"id\":[1],\"method\":\"echo\"}", RPC_INVALID_REQUEST),
	CASE(HEAD "\"id\":true,\"method\":\"echo\"}", RPC_INVALID_REQUEST),
	CASE(HEAD_1 "\"method\":\"echo\",\"params\":7}", RPC_INVALID_REQUEST),
	CASE(HEAD_1 "\"method\":\"echo\",\"params\":null}", RPC_INVALID_REQUEST),
	CASE(HEAD_1 "\"method\":\"echo\",\"params\":[1]}", RPC_INVALID_PARAMS),
};

static void bad_texts_are_refused_and_run_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_code(bad[i].text, bad[i].size, bad[i].code);
		assert_int_equal(calls, 0);
	}
}

/* An id that can't be understood is answered as null, a good one is kept. */
static void refusals_name_the_request_if_they_can(void **state)
{
	(void)state;
	assert_answer(HEAD "\"id\":{},\"method\":\"echo\"}",
	              HEAD "\"id\":null,\"error\":{\"code\":-32600,\"message\":"
	                   "\"id is neither a string, a number nor null\"}}");
	assert_answer(HEAD "\"id\":\"k\",\"method\":5}",
	              HEAD "\"id\":\"k\",\"error\":{\"code\":-32600,\"message\":"
	                   "\"method is not a string\"}}");
}

static void deep_nesting_is_an_error_of_the_text(void **state)
{
	char *deep = malloc(RPC_REQUEST_MAX);

	(void)state;
	memset(deep, '[', RPC_REQUEST_MAX);
	deep[RPC_REQUEST_MAX - 1] = '\0';
	assert_code(deep, RPC_REQUEST_MAX - 1, RPC_PARSE_ERROR);
	free(deep);
}

static void notification_is_run_and_not_answered(void **state)
{
	(void)state;
	assert_answer(HEAD "\"method\":\"echo\",\"params\":{\"a\":1}}", "");
	assert_int_equal(calls, 1);
	assert_answer(HEAD "\"method\":\"refuse\"}", "");
	assert_answer(HEAD "\"method\":\"echo\",\"params\":[]}", "");
	assert_int_equal(calls, 0);
	assert_answer("[" HEAD "\"method\":\"echo\"}," HEAD "\"method\":\"echo\"}]", "");
	assert_int_equal(calls, 2);
}

static void batch_is_answered_as_a_batch(void **state)
{
	(void)state;
	assert_answer("[" HEAD_1 "\"method\":\"echo\"}," HEAD "\"method\":\"echo\"},5,[]," HEAD
	              "\"id\":\"z\",\"method\":\"what\"}]",
	              "[" HEAD_1 "\"result\":{}}," HEAD "\"id\":null,\"error\":{\"code\":-32600,"
	              "\"message\":\"a request is an object\"}}," HEAD
	              "\"id\":null,\"error\":{\"code\":-32600,"
	              "\"message\":\"a request is an object\"}}," HEAD
	              "\"id\":\"z\",\"error\":{\"code\":-32601,"
	              "\"message\":\"no method what\"}}]");
	assert_int_equal(calls, 3);
}

/* What is beyond the bound is not even made; rpc then closes the connection. */
static void batch_stops_when_its_answers_are_too_many(void **state)
{
	const char one[] = "," HEAD_1 "\"method\":\"large\"}";
	char *text = calloc(100, sizeof(one));
	char *answer;

	(void)state;
	for (int i = 0; i < 64; i++)
		strcat(text, one);
	text[0] = '[';
	strcat(text, "]");
	answer = answer_to(text, strlen(text));
	assert_int_equal(calls, 16);
	assert_true(strlen(answer) > RPC_PENDING_MAX);
	free(answer);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(method_is_run_with_its_parameters),
		cmocka_unit_test(ids_come_back_as_they_were),
		cmocka_unit_test(errors_carry_words_and_object),
		cmocka_unit_test(words_that_are_no_utf8_are_made_so),
		cmocka_unit_test(bad_texts_are_refused_and_run_nothing),
		cmocka_unit_test(refusals_name_the_request_if_they_can),
		cmocka_unit_test(deep_nesting_is_an_error_of_the_text),
		cmocka_unit_test(notification_is_run_and_not_answered),
		cmocka_unit_test(batch_is_answered_as_a_batch),
		cmocka_unit_test(batch_stops_when_its_answers_are_too_many),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
