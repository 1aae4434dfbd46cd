/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "switch/control/rpc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "switch/base/macros.h"

/* The server and its clients live in one thread: a client writes, the loop
 * takes a few steps, the client reads. */

#define MANY_STEPS 200000

#define ECHO   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}"
#define ECHOED "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"
#define LARGE(bytes)                                                                               \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"large\",\"params\":{\"size\":" bytes "}}\n"

struct lab {
	struct event_base *base;
	struct rpc *rpc;
	char dir[32];
	char path[48];
	int calls;
};

/* What the server under test can do. */
static void handler(const char *method, const json_t *params, struct rpc_reply *reply, void *arg)
{
	struct lab *lab = arg;

	lab->calls++;
	if (!strcmp(method, "echo"))
		reply->result = json_deep_copy(params);
	else if (!strcmp(method, "nothing"))
		return;
	else if (!strcmp(method, "large"))
		reply->result = json_sprintf(
			"%*s", (int)json_integer_value(json_object_get(params, "size")), "x");
	else
		rpc_fail(reply, RPC_NO_METHOD, "", "no method %s", method);
}

static int a_server(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	assert_non_null(lab);
	strcpy(lab->dir, "/tmp/xsw-test-rpc-XXXXXX");
	assert_non_null(mkdtemp(lab->dir));
	snprintf(lab->path, sizeof(lab->path), "%s/ctl.sock", lab->dir);
	lab->base = event_base_new();
	assert_non_null(lab->base);
	assert_ok(rpc_open(&lab->rpc, lab->base, lab->path, handler, lab));
	*state = lab;
	return 0;
}

static int no_server(void **state)
{
	struct lab *lab = *state;

	rpc_close(lab->rpc);
	event_base_free(lab->base);
	unlink(lab->path);
	assert_ok(rmdir(lab->dir));
	free(lab);
	return 0;
}

static void step(struct lab *lab)
{
	assert_true(event_base_loop(lab->base, EVLOOP_NONBLOCK) >= 0);
}

static int guest(const struct lab *lab)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, lab->path);
	assert_true(fd >= 0);
	assert_ok(connect(fd, (struct sockaddr *)&address, sizeof(address)));
	return fd;
}

/* Writes all of 'text', the server reading meanwhile. Returns whether it could. */
static bool tells(struct lab *lab, int fd, const char *text, size_t size)
{
	for (int i = 0; size && i < MANY_STEPS; i++) {
		const ssize_t n = send(fd, text, size, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return false;
		text += MAX(n, 0);
		size -= (size_t)MAX(n, 0);
		step(lab);
	}
	return size == 0;
}

/* Reads up to the end of a line, or of the connection: then "" and *closed. */
static char *hears(struct lab *lab, int fd, bool *closed)
{
	char *line = calloc(1, RPC_PENDING_MAX), *end = NULL;
	size_t size = 0;

	*closed = false;
	for (int i = 0; i < MANY_STEPS && !end && !*closed; i++) {
		ssize_t n = recv(fd, line + size, RPC_PENDING_MAX - size, MSG_PEEK);

		*closed = n == 0 || (n < 0 && errno == ECONNRESET);
		if (n > 0) {
			end = memchr(line + size, '\n', (size_t)n);
			n = end ? end + 1 - (line + size) : n;
			assert_int_equal(recv(fd, line + size, (size_t)n, 0), n);
			size += (size_t)n;
		}
		step(lab);
	}
	line[size - !!end] = '\0';
	return line;
}

static void assert_hears(struct lab *lab, int fd, const char *expected)
{
	bool closed;
	char *line = hears(lab, fd, &closed);

	assert_string_equal(line, expected);
	assert_false(closed);
	free(line);
}

static void assert_closed(struct lab *lab, int fd)
{
	bool closed;
	char *line = hears(lab, fd, &closed);

	assert_string_equal(line, "");
	assert_true(closed);
	free(line);
	close(fd);
}

static void assert_silent(struct lab *lab, int fd)
{
	char byte;

	for (int i = 0; i < 20; i++)
		step(lab);
	assert_int_equal(recv(fd, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
}

/* One line in, the error code of the answer out. */
static int code_for(struct lab *lab, int fd, const char *text, size_t size)
{
	bool closed;
	char *line;
	json_t *answer;
	int code = 0;

	assert_true(tells(lab, fd, text, size));
	line = hears(lab, fd, &closed);
	assert_false(closed);
	answer = json_loads(line, 0, NULL);
	assert_non_null(answer);
	assert_ok(json_unpack(answer, "{s?{s:i}}", "error", "code", &code));
	json_decref(answer);
	free(line);
	return code;
}

static void method_is_run_and_answered(void **state)
{
	struct lab *lab = *state;
	const int fd = guest(lab);
	const char ask[] =
		"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"echo\",\"params\":{\"a\":1}}\n";

	assert_true(tells(lab, fd, ask, strlen(ask)));
	assert_hears(lab, fd, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"a\":1}}");
	assert_int_equal(lab->calls, 1);
	close(fd);
}

static void garbage_and_silence_do_not_end_a_connection(void **state)
{
	static const char bad[] = "gar\0bage \xff{[\n";
	struct lab *lab = *state;
	const int fd = guest(lab);
	const char silent[] = "\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"echo\"}\n";
	const char good[] = ECHO "\r\n";

	assert_int_equal(code_for(lab, fd, bad, sizeof(bad) - 1), RPC_PARSE_ERROR);
	assert_true(tells(lab, fd, silent, strlen(silent)));
	assert_silent(lab, fd);
	assert_int_equal(lab->calls, 1);
	assert_true(tells(lab, fd, good, strlen(good)));
	assert_hears(lab, fd, ECHOED);
	close(fd);
}

static void request_may_come_in_pieces(void **state)
{
	struct lab *lab = *state;
	const int fd = guest(lab);
	const char ask[] = ECHO "\n";

	for (size_t i = 0; i + 1 < strlen(ask); i++)
		assert_true(tells(lab, fd, ask + i, 1));
	assert_silent(lab, fd);
	assert_int_equal(lab->calls, 0);
	assert_true(tells(lab, fd, "\n", 1));
	assert_hears(lab, fd, ECHOED);
	close(fd);
}

static void half_a_request_is_never_run(void **state)
{
	struct lab *lab = *state;
	const char ask[] = ECHO;
	int fd = guest(lab);

	assert_true(tells(lab, fd, ask, strlen(ask)));
	close(fd);
	step(lab);
	fd = guest(lab);
	assert_true(tells(lab, fd, ask, strlen(ask)));
	shutdown(fd, SHUT_WR);
	assert_closed(lab, fd);
	assert_int_equal(lab->calls, 0);
}

static void client_that_only_stops_talking_hears_its_answer(void **state)
{
	struct lab *lab = *state;
	const char ask[] = LARGE("1000000");
	const int fd = guest(lab);
	bool closed;
	char *line;

	assert_int_equal(send(fd, ask, strlen(ask), 0), strlen(ask));
	shutdown(fd, SHUT_WR);
	line = hears(lab, fd, &closed);
	assert_false(closed);
	assert_true(strlen(line) > 1000000);
	free(line);
	assert_closed(lab, fd);
}

/* The largest request that is allowed, and one byte more. */
static void size_of_a_request_is_bounded(void **state)
{
	struct lab *lab = *state;
	const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nothing\"";
	char *text = malloc(RPC_REQUEST_MAX + 2);
	int fd = guest(lab);

	memset(text, ' ', RPC_REQUEST_MAX + 2);
	memcpy(text, head, strlen(head));
	text[RPC_REQUEST_MAX - 1] = '}';
	text[RPC_REQUEST_MAX] = '\n';
	assert_int_equal(code_for(lab, fd, text, RPC_REQUEST_MAX + 1), 0);
	assert_int_equal(lab->calls, 1);

	text[RPC_REQUEST_MAX - 1] = ' ';
	text[RPC_REQUEST_MAX] = '}';
	text[RPC_REQUEST_MAX + 1] = '\n';
	assert_int_equal(code_for(lab, fd, text, RPC_REQUEST_MAX + 1), RPC_FAILED - 2);
	assert_closed(lab, fd);
	assert_int_equal(lab->calls, 1);
	free(text);
}

static void client_that_sends_without_end_hears_why_it_is_closed(void **state)
{
	struct lab *lab = *state;
	const int fd = guest(lab);
	const size_t size = 4 * RPC_REQUEST_MAX;
	char *text = malloc(size);
	bool closed;
	char *line;

	memset(text, 'x', size);
	assert_false(tells(lab, fd, text, size));
	line = hears(lab, fd, &closed);
	assert_non_null(strstr(line, "the request is too large"));
	assert_closed(lab, fd);
	free(line);
	free(text);
}

static void client_that_never_reads_is_closed(void **state)
{
	struct lab *lab = *state;
	const int fd = guest(lab), other = guest(lab);
	const char ask[] = LARGE("1048576");
	int asked = 0;

	while (asked < 64 && tells(lab, fd, ask, strlen(ask)))
		asked++;
	assert_in_range(asked, 15, 18);
	assert_int_equal(code_for(lab, other, "5\n", 2), RPC_INVALID_REQUEST);
	close(fd);
	close(other);
}

static void answer_beyond_the_bound_becomes_an_error(void **state)
{
	struct lab *lab = *state;
	const int fd = guest(lab);
	char ask[128];

	snprintf(ask, sizeof(ask),
	         "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"large\",\"params\":{\"size\":%d}}\n",
	         RPC_PENDING_MAX);
	assert_int_equal(code_for(lab, fd, ask, strlen(ask)), RPC_FAILED - 2);
	assert_closed(lab, fd);
}

static void clients_beyond_the_limit_are_turned_away(void **state)
{
	struct lab *lab = *state;
	int fds[RPC_CLIENTS_MAX], extra;

	for (int i = 0; i < RPC_CLIENTS_MAX; i++) {
		fds[i] = guest(lab);
		step(lab);
	}
	extra = guest(lab);
	assert_hears(lab, extra,
	             "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32002,"
	             "\"message\":\"too many clients\"}}");
	assert_closed(lab, extra);

	/* Those inside are served, and a place that becomes free is given away. */
	assert_int_equal(code_for(lab, fds[3], "5\n", 2), RPC_INVALID_REQUEST);
	close(fds[0]);
	step(lab);
	fds[0] = guest(lab);
	assert_int_equal(code_for(lab, fds[0], "5\n", 2), RPC_INVALID_REQUEST);
	for (int i = 0; i < RPC_CLIENTS_MAX; i++)
		close(fds[i]);
}

static void client_that_goes_before_its_answer_harms_nobody(void **state)
{
	struct lab *lab = *state;
	const char ask[] = LARGE("1000000");
	int fd;

	for (int i = 0; i < 2 * RPC_CLIENTS_MAX; i++) {
		fd = guest(lab);
		assert_int_equal(send(fd, ask, strlen(ask), 0), strlen(ask));
		if (i % 2)
			step(lab);
		close(fd);
		for (int n = 0; n < 5; n++)
			step(lab);
	}
	fd = guest(lab);
	assert_int_equal(code_for(lab, fd, "5\n", 2), RPC_INVALID_REQUEST);
	close(fd);
}

static void closing_sends_what_is_pending_and_removes_the_file(void **state)
{
	struct lab *lab = *state;
	const char ask[] = ECHO "\n";
	const int fd = guest(lab);
	char answer[256] = "";

	step(lab);
	assert_int_equal(send(fd, ask, strlen(ask), 0), strlen(ask));
	assert_true(event_base_loop(lab->base, EVLOOP_ONCE) >= 0);
	assert_int_equal(lab->calls, 1);
	rpc_close(lab->rpc);
	lab->rpc = NULL;
	assert_true(recv(fd, answer, sizeof(answer) - 1, 0) > 0);
	assert_string_equal(answer, ECHOED "\n");
	assert_int_equal(access(lab->path, F_OK), -1);
	close(fd);
}

static void socket_is_for_owner_and_group(void **state)
{
	struct lab *lab = *state;
	const mode_t before = umask(0);
	struct stat file;

	rpc_close(lab->rpc);
	assert_ok(rpc_open(&lab->rpc, lab->base, lab->path, handler, lab));
	assert_int_equal(umask(before), 0);
	assert_ok(stat(lab->path, &file));
	assert_int_equal(file.st_mode, S_IFSOCK | 0660);
}

static void living_socket_is_not_taken(void **state)
{
	struct lab *lab = *state;
	struct rpc *second = NULL;
	const int fd = guest(lab);

	assert_int_equal(rpc_open(&second, lab->base, lab->path, handler, lab), -EADDRINUSE);
	assert_null(second);
	assert_int_equal(code_for(lab, fd, "5\n", 2), RPC_INVALID_REQUEST);
	close(fd);
}

static void stale_socket_is_replaced(void **state)
{
	struct lab *lab = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	rpc_close(lab->rpc);
	lab->rpc = NULL;
	strcpy(address.sun_path, lab->path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_ok(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	close(fd);

	assert_ok(rpc_open(&lab->rpc, lab->base, lab->path, handler, lab));
	fd = guest(lab);
	assert_int_equal(code_for(lab, fd, "5\n", 2), RPC_INVALID_REQUEST);
	close(fd);
}

/* Connections to what is no socket are refused too, so it could look stale. */
static void other_files_are_left_alone(void **state)
{
	struct lab *lab = *state;
	struct rpc *rpc = NULL;
	char path[64], elsewhere[64];
	char long_path[110];

	snprintf(path, sizeof(path), "%s/file", lab->dir);
	snprintf(elsewhere, sizeof(elsewhere), "%s/none/ctl.sock", lab->dir);
	memset(long_path, 'x', sizeof(long_path));
	memcpy(long_path, lab->dir, strlen(lab->dir));
	long_path[strlen(lab->dir)] = '/';
	long_path[sizeof(long_path) - 1] = '\0';
	assert_ok(mkdir(path, 0700));
	assert_int_equal(rpc_open(&rpc, lab->base, path, handler, lab), -EEXIST);
	assert_int_equal(rpc_open(&rpc, lab->base, elsewhere, handler, lab), -ENOENT);
	assert_int_equal(rpc_open(&rpc, lab->base, long_path, handler, lab), -ENAMETOOLONG);
	assert_null(rpc);
	assert_ok(rmdir(path));
}

static void closing_leaves_a_successors_socket(void **state)
{
	struct lab *lab = *state;
	struct rpc *first = lab->rpc;

	assert_ok(unlink(lab->path));
	assert_ok(rpc_open(&lab->rpc, lab->base, lab->path, handler, lab));
	rpc_close(first);
	assert_ok(access(lab->path, F_OK));
}

#define test(name) cmocka_unit_test_setup_teardown(name, a_server, no_server)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(method_is_run_and_answered),
		test(garbage_and_silence_do_not_end_a_connection),
		test(request_may_come_in_pieces),
		test(half_a_request_is_never_run),
		test(client_that_only_stops_talking_hears_its_answer),
		test(size_of_a_request_is_bounded),
		test(client_that_sends_without_end_hears_why_it_is_closed),
		test(client_that_never_reads_is_closed),
		test(answer_beyond_the_bound_becomes_an_error),
		test(clients_beyond_the_limit_are_turned_away),
		test(client_that_goes_before_its_answer_harms_nobody),
		test(closing_sends_what_is_pending_and_removes_the_file),
		test(socket_is_for_owner_and_group),
		test(living_socket_is_not_taken),
		test(stale_socket_is_replaced),
		test(other_files_are_left_alone),
		test(closing_leaves_a_successors_socket),
	};

	return cmocka_run_group_tests_name("rpc", tests, NULL, NULL);
}
