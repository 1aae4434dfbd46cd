/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/client.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "switch/control/rpc.h"

#define CHUNK      (64 << 10)
#define ANSWER_MAX (RPC_PENDING_MAX + RPC_REQUEST_MAX)
#define RETRY_MS   20

struct call {
	const char *dir;
	struct sockaddr_un address;
	int fd;
	int seconds;
	long long deadline; /* ms */
	struct client_answer *answer;
};

/* Functions below return whether to go on; if not, the answer has the words. */

__attribute__((format(printf, 3, 4))) static bool fail(struct call *c, enum exit_code code,
                                                       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->answer->message, sizeof(c->answer->message), format, args);
	va_end(args);
	c->answer->code = code;
	return false;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static bool timed_out(struct call *c)
{
	return fail(c, EXIT_TIMEOUT, "the daemon did not answer within %d s", c->seconds);
}

static bool wait_for(struct call *c, short events)
{
	struct pollfd wanted = { .fd = c->fd, .events = events };

	for (;;) {
		const long long left = c->deadline - now_ms();
		const int n = left > 0 ? poll(&wanted, 1, (int)left) : 0;

		if (n > 0)
			return true;
		if (n == 0)
			return timed_out(c);
		if (errno != EINTR)
			return fail(c, EXIT_NOT_RUNNING, "poll: %s", strerror(errno));
	}
}

static bool cannot_connect(struct call *c, int why)
{
	const char *path = c->address.sun_path;

	if (why == ENOENT || why == ECONNREFUSED || why == ENOTDIR)
		return fail(c, EXIT_NOT_RUNNING,
		            "the daemon is not running: nobody listens on %s (start it with: "
		            "xswd --run %s)",
		            path, c->dir);
	if (why == EACCES || why == EPERM)
		return fail(c, EXIT_REFUSED,
		            "no permission to use %s: it is for its owner and group (try sudo)",
		            path);
	return fail(c, EXIT_NOT_RUNNING, "cannot connect to %s: %s", path, strerror(why));
}

/* A full queue of connections is no error but a reason to wait. */
static bool open_socket(struct call *c)
{
	const struct sockaddr *address = (const struct sockaddr *)&c->address;

	if (strlen(c->dir) + sizeof("/ctl.sock") > sizeof(c->address.sun_path))
		return fail(c, EXIT_USAGE, "--run: the path is too long for a socket");
	c->address.sun_family = AF_UNIX;
	snprintf(c->address.sun_path, sizeof(c->address.sun_path), "%s/ctl.sock", c->dir);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return fail(c, EXIT_NOT_RUNNING, "socket: %s", strerror(errno));
	while (connect(c->fd, address, sizeof(c->address))) {
		if (errno != EAGAIN && errno != EINTR)
			return cannot_connect(c, errno);
		if (now_ms() >= c->deadline)
			return timed_out(c);
		poll(NULL, 0, RETRY_MS);
	}
	return true;
}

/* If the daemon stopped listening it may still have said why: go on to that. */
static bool send_text(struct call *c, const char *text, size_t size)
{
	while (size) {
		const ssize_t n = send(c->fd, text, size, MSG_NOSIGNAL);

		if (n >= 0) {
			text += n;
			size -= (size_t)n;
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return true;
		} else if (errno == EAGAIN || errno == EINTR) {
			if (!wait_for(c, POLLOUT))
				return false;
		} else {
			return fail(c, EXIT_NOT_RUNNING, "send: %s", strerror(errno));
		}
	}
	return true;
}

static bool send_request(struct call *c, const char *method, const json_t *params)
{
	json_t *request = json_pack("{s:s, s:i, s:s, s:O}", "jsonrpc", "2.0", "id", 1, "method",
	                            method, "params", params);
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	const size_t size = text ? strlen(text) : 0;
	bool sent;

	json_decref(request);
	if (!text)
		return fail(c, EXIT_USAGE, "the request can't be put into JSON");
	text[size] = '\n'; /* in place of its end */
	sent = send_text(c, text, size + 1);
	free(text);
	return sent;
}

/* Returns what was read: > 0, or 0 at the end, or -1 when the words are set. */
static ssize_t receive_some(struct call *c, char *into, size_t room)
{
	for (;;) {
		const ssize_t n = recv(c->fd, into, room, 0);

		if (n >= 0)
			return n;
		if (errno == ECONNRESET)
			return 0;
		if (errno != EAGAIN && errno != EINTR) {
			fail(c, EXIT_NOT_RUNNING, "recv: %s", strerror(errno));
			return -1;
		}
		if (!wait_for(c, POLLIN))
			return -1;
	}
}

/* Reads one line into 'text', which the caller frees. */
static bool receive_line(struct call *c, char **text, size_t *size)
{
	size_t room = 0;

	while (*size < ANSWER_MAX) {
		ssize_t n;

		if (room - *size < CHUNK) {
			char *more = realloc(*text, room = 2 * room + CHUNK);

			if (!more)
				return fail(c, EXIT_REFUSED, "out of memory");
			*text = more;
		}
		n = receive_some(c, *text + *size, room - *size);
		if (n < 0)
			return false;
		if (n == 0)
			return fail(c, EXIT_NOT_RUNNING,
			            "the daemon closed the connection without an answer");
		*size += (size_t)n;
		if ((*text)[*size - 1] == '\n')
			return true;
	}
	return fail(c, EXIT_REFUSED, "the answer has no end");
}

/* The exit code for an error of the protocol. */
static enum exit_code exit_code_of(json_int_t code)
{
	if (code == RPC_FAILED - EXIT_NOT_FOUND)
		return EXIT_NOT_FOUND;
	if (code == RPC_FAILED - EXIT_NOT_RUNNING)
		return EXIT_NOT_RUNNING;
	if (code == RPC_FAILED - EXIT_TIMEOUT)
		return EXIT_TIMEOUT;
	if (code == RPC_FAILED - EXIT_NOT_OPERATIONAL)
		return EXIT_NOT_OPERATIONAL;
	if (code > RPC_INVALID_REQUEST)
		return EXIT_REFUSED;
	return EXIT_USAGE;
}

static void read_error(struct client_answer *answer, const json_t *error)
{
	const json_t *data = json_object_get(error, "data");
	const char *message = json_string_value(json_object_get(error, "message"));
	const char *object = json_string_value(json_object_get(data, "object"));

	answer->code = exit_code_of(json_integer_value(json_object_get(error, "code")));
	snprintf(answer->message, sizeof(answer->message), "%s", message ? message : "no reason");
	snprintf(answer->object, sizeof(answer->object), "%s", object ? object : "");
}

static bool read_answer(struct call *c, const char *text, size_t size)
{
	json_t *root = json_loadb(text, size, 0, NULL);
	const json_t *error = json_object_get(root, "error");
	json_t *result = json_object_get(root, "result");

	if (error)
		read_error(c->answer, error);
	else if (result)
		c->answer->result = json_incref(result);
	else
		fail(c, EXIT_REFUSED, "the daemon's answer is not understood");
	json_decref(root);
	return result != NULL;
}

/* The daemon closes the connection when its end is complete. */
static void wait_for_end(struct call *c)
{
	char rest[64];

	while (receive_some(c, rest, sizeof(rest)) > 0)
		;
}

void client_call(const char *dir, const char *method, const json_t *params, int seconds,
                 struct client_answer *answer)
{
	struct call c = { .dir = dir, .fd = -1, .seconds = seconds, .answer = answer };
	char *text = NULL;
	size_t size = 0;

	memset(answer, 0, sizeof(*answer));
	c.deadline = now_ms() + seconds * 1000LL;
	if (open_socket(&c) && send_request(&c, method, params) && receive_line(&c, &text, &size) &&
	    read_answer(&c, text, size) && !strcmp(method, "shutdown"))
		wait_for_end(&c);
	free(text);
	if (c.fd >= 0)
		close(c.fd);
}
