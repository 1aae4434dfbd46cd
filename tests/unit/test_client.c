/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "ctl/client.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "switch/base/macros.h"

/* A daemon that accepts one client, reads one line, and says what it is told. */
struct daemon {
	char dir[32];
	char path[48];
	int listener;
	pthread_t thread;
	const char *says;      /* may be in many pieces, one byte each */
	bool is_slow;          /* does so */
	bool hangs_up_at_once; /* when it sees a request, unread */
	size_t request_size;   /* of the request, at least */
	bool waits;            /* for the client to close, at the end */
	char heard[512];
};

static void *serve(void *arg)
{
	struct daemon *d = arg;
	const int fd = accept(d->listener, NULL, NULL);
	const size_t step = d->is_slow ? 1 : strlen(d->says);
	size_t at = 0;
	char byte;

	recv(fd, &byte, 1, MSG_PEEK);
	while (!d->hangs_up_at_once && at + 1 < sizeof(d->heard) && recv(fd, &byte, 1, 0) == 1 &&
	       byte != '\n')
		d->heard[at++] = byte;
	for (const char *c = d->says; *c; c += step)
		if (send(fd, c, step, MSG_NOSIGNAL) < 0)
			break;
	while (d->waits && recv(fd, &byte, 1, 0) == 1)
		;
	close(fd);
	return NULL;
}

static int a_directory(void **state)
{
	struct daemon *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	strcpy(d->dir, "/tmp/xsw-test-client-XXXXXX");
	assert_non_null(mkdtemp(d->dir));
	snprintf(d->path, sizeof(d->path), "%s/ctl.sock", d->dir);
	*state = d;
	return 0;
}

static int no_directory(void **state)
{
	struct daemon *d = *state;

	unlink(d->path);
	assert_ok(rmdir(d->dir));
	free(d);
	return 0;
}

static void open_listener(struct daemon *d)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(address.sun_path, d->path);
	d->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_ok(bind(d->listener, (struct sockaddr *)&address, sizeof(address)));
	assert_ok(listen(d->listener, 1));
}

/* Asks a daemon that behaves as 'd' says. */
static void ask(struct daemon *d, int seconds, struct client_answer *answer)
{
	json_t *params = json_pack("{s:s}", "name", "p1");

	if (d->request_size)
		json_object_set_new(params, "filling",
		                    json_sprintf("%*s", (int)d->request_size, ""));
	open_listener(d);
	assert_ok(pthread_create(&d->thread, NULL, serve, d));
	client_call(d->dir, "port.del", params, seconds, answer);
	assert_ok(pthread_join(d->thread, NULL));
	close(d->listener);
	unlink(d->path);
	json_decref(params);
}

static void assert_failure(const struct client_answer *answer, enum exit_code code,
                           const char *words)
{
	assert_null(answer->result);
	assert_int_equal(answer->code, code);
	if (!strstr(answer->message, words))
		print_error("%s\n", answer->message);
	assert_non_null(strstr(answer->message, words));
}

static void result_comes_back(void **state)
{
	struct daemon *d = *state;
	struct client_answer answer;

	d->says = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":1}}\n";
	d->waits = true;
	for (int slow = 0; slow < 2; slow++) {
		d->is_slow = slow;
		ask(d, 10, &answer);
		assert_int_equal(answer.code, EXIT_OK);
		assert_int_equal(json_integer_value(json_object_get(answer.result, "a")), 1);
		json_decref(answer.result);
	}
	assert_string_equal(d->heard, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"port.del\","
	                              "\"params\":{\"name\":\"p1\"}}");
}

static void errors_become_exit_codes(void **state)
{
	static const struct {
		int code;
		enum exit_code exit_code;
	} cases[] = {
		{ -32700, EXIT_USAGE },   { -32600, EXIT_USAGE },
		{ -32601, EXIT_USAGE },   { -32602, EXIT_USAGE },
		{ -32002, EXIT_REFUSED }, { -32003, EXIT_NOT_FOUND },
		{ -32005, EXIT_TIMEOUT }, { -32065, EXIT_NOT_OPERATIONAL },
		{ -32000, EXIT_REFUSED }, { -1, EXIT_REFUSED },
	};
	struct daemon *d = *state;
	struct client_answer answer;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[256];

		snprintf(text, sizeof(text),
		         "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":%d,"
		         "\"message\":\"so it is\",\"data\":{\"object\":\"port p1\"}}}\n",
		         cases[i].code);
		d->says = text;
		ask(d, 10, &answer);
		assert_failure(&answer, cases[i].exit_code, "so it is");
		assert_string_equal(answer.object, "port p1");
	}
}

/* Too many clients: the daemon answers before it is asked, and closes. */
static void reason_is_heard_though_the_request_was_not(void **state)
{
	struct daemon *d = *state;
	struct client_answer answer;

	d->says = "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32002,"
		  "\"message\":\"too many clients\"}}\n";
	d->hangs_up_at_once = true;
	d->request_size = 4 << 20; /* more than the socket takes at once */
	ask(d, 10, &answer);
	assert_failure(&answer, EXIT_REFUSED, "too many clients");
}

static void end_without_an_answer_is_told(void **state)
{
	static const char *const ends[] = { "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"resu" };
	struct daemon *d = *state;
	struct client_answer answer;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		d->says = ends[i];
		d->hangs_up_at_once = false;
		d->request_size = 0;
		ask(d, 10, &answer);
		assert_failure(&answer, EXIT_NOT_RUNNING, "closed the connection");
		d->hangs_up_at_once = true;
		ask(d, 10, &answer);
		assert_failure(&answer, EXIT_NOT_RUNNING, "closed the connection");
		d->request_size = 4 << 20;
		ask(d, 10, &answer);
		assert_failure(&answer, EXIT_NOT_RUNNING, "closed the connection");
	}
}

static void nonsense_is_told(void **state)
{
	static const char *const nonsense[] = { "hello\n", "[]\n", "{}\n", "\n", "\xff\n" };
	struct daemon *d = *state;
	struct client_answer answer;

	for (size_t i = 0; i < ARRAY_SIZE(nonsense); i++) {
		d->says = nonsense[i];
		ask(d, 10, &answer);
		assert_failure(&answer, EXIT_REFUSED, "not understood");
	}
}

static void silence_is_a_timeout(void **state)
{
	struct daemon *d = *state;
	struct client_answer answer;

	d->waits = true;
	d->says = "{\"jsonrpc\":\"2.0\",";
	ask(d, 1, &answer);
	assert_failure(&answer, EXIT_TIMEOUT, "within 1 s");
}

static void full_queue_is_a_timeout(void **state)
{
	struct daemon *d = *state;
	struct client_answer answer;
	json_t *none = json_object();
	int waiting[2];

	open_listener(d);
	for (int i = 0; i < 2; i++) {
		struct sockaddr_un address = { .sun_family = AF_UNIX };

		strcpy(address.sun_path, d->path);
		waiting[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_ok(connect(waiting[i], (struct sockaddr *)&address, sizeof(address)));
	}
	client_call(d->dir, "show", none, 1, &answer);
	assert_failure(&answer, EXIT_TIMEOUT, "within 1 s");
	for (int i = 0; i < 2; i++)
		close(waiting[i]);
	close(d->listener);
	json_decref(none);
}

static void daemon_that_is_not_there_is_told(void **state)
{
	struct daemon *d = *state;
	json_t *none = json_object();
	struct client_answer answer;
	char path[96], hint[64];

	snprintf(path, sizeof(path), "nobody listens on %s", d->path);
	snprintf(hint, sizeof(hint), "xswd --run %s", d->dir);
	client_call(d->dir, "show", none, 10, &answer);
	assert_failure(&answer, EXIT_NOT_RUNNING, path);
	assert_failure(&answer, EXIT_NOT_RUNNING, hint);

	/* One that died leaves its socket. */
	open_listener(d);
	close(d->listener);
	client_call(d->dir, "show", none, 10, &answer);
	assert_failure(&answer, EXIT_NOT_RUNNING, path);
	json_decref(none);
}

static void path_must_fit_into_an_address(void **state)
{
	json_t *none = json_object();
	struct client_answer answer;
	char dir[100];

	(void)state;
	memset(dir, 'x', sizeof(dir));
	dir[sizeof(dir) - 1] = '\0';
	client_call(dir, "show", none, 10, &answer);
	assert_failure(&answer, EXIT_USAGE, "too long");
	dir[98] = '\0';
	client_call(dir, "show", none, 10, &answer);
	assert_failure(&answer, EXIT_NOT_RUNNING, "nobody listens");
	json_decref(none);
}

#define test(name) cmocka_unit_test_setup_teardown(name, a_directory, no_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(result_comes_back),
		test(errors_become_exit_codes),
		test(reason_is_heard_though_the_request_was_not),
		test(end_without_an_answer_is_told),
		test(nonsense_is_told),
		test(silence_is_a_timeout),
		test(full_queue_is_a_timeout),
		test(daemon_that_is_not_there_is_told),
		test(path_must_fit_into_an_address),
	};

	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
