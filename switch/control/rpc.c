/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/control/rpc.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "switch/base/log.h"
#include "switch/control/message.h"

#define BACKLOG     16
#define SOCKET_MODE 0660

/* How long a client that is being closed may take to read its last answer. */
static const struct timeval farewell = { .tv_sec = 5 };

/* How long no client is accepted after accept() failed (no descriptors). */
static const struct timeval pause_accepting = { .tv_sec = 1 };

struct client {
	LIST_ENTRY(client) link;
	struct rpc *rpc;
	struct bufferevent *bev;
	bool leaving; /* closed as soon as what is pending has been read */
};

struct rpc {
	LIST_HEAD(, client) clients;
	unsigned int n_clients;
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *resume;
	struct message_service service;
	struct sockaddr_un address;
	struct stat file; /* of the socket, to remove no one else's */
	bool is_bound;
};

/* --- connections --- */

static void client_free(struct client *client)
{
	LIST_REMOVE(client, link);
	client->rpc->n_clients--;
	bufferevent_free(client->bev);
	free(client);
}

static size_t pending(const struct client *client)
{
	return evbuffer_get_length(bufferevent_get_output(client->bev));
}

/* Hears no more of 'client', and closes it when it has read what is pending. */
static void client_leave(struct client *client)
{
	client->leaving = true;
	bufferevent_disable(client->bev, EV_READ);
	bufferevent_set_timeouts(client->bev, NULL, &farewell);
	if (!pending(client))
		client_free(client);
}

static void refuse_and_leave(struct client *client, const char *words)
{
	struct evbuffer *out = bufferevent_get_output(client->bev);

	message_refuse(out, json_null(), RPC_FAILED - 2, words);
	evbuffer_add(out, "\n", 1);
	client_leave(client);
}

/* Sends the answer in 'out'. Returns whether the client is still to be heard. */
static bool client_answer(struct client *client, struct evbuffer *out)
{
	const size_t before = pending(client);

	if (!evbuffer_get_length(out))
		return true;
	if (evbuffer_get_length(out) > RPC_PENDING_MAX) {
		refuse_and_leave(client, "the answer is too large");
		return false;
	}
	if (before + evbuffer_get_length(out) > RPC_PENDING_MAX) {
		client_free(client);
		return false;
	}
	evbuffer_add(out, "\n", 1);
	bufferevent_write_buffer(client->bev, out);
	return true;
}

static bool is_blank(const char *line, size_t size)
{
	return size == 0 || (size == 1 && line[0] == '\r');
}

/* Serves one line of 'client'. Returns whether it is still to be heard. */
static bool client_serve(struct client *client, const char *line, size_t size)
{
	struct evbuffer *out;
	bool stays;

	if (is_blank(line, size))
		return true;
	out = evbuffer_new();
	if (!out) {
		client_free(client);
		return false;
	}
	message_serve(&client->rpc->service, line, size, out);
	stays = client_answer(client, out);
	evbuffer_free(out);
	return stays;
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *input = bufferevent_get_input(bev);
	struct client *client = arg;
	bool stays = true;

	while (stays) {
		size_t size;
		char *line = evbuffer_readln(input, &size, EVBUFFER_EOL_LF);

		if (!line)
			break;
		stays = client_serve(client, line, size);
		free(line);
	}
	if (stays && evbuffer_get_length(input) > RPC_REQUEST_MAX)
		refuse_and_leave(client, "the request is too large");
}

static void on_written(struct bufferevent *bev, void *arg)
{
	struct client *client = arg;

	(void)bev;
	if (client->leaving)
		client_free(client);
}

/* The far end may have closed only its own direction, and still read. */
static void on_end(struct bufferevent *bev, short what, void *arg)
{
	struct client *client = arg;

	(void)bev;
	if (what == (BEV_EVENT_READING | BEV_EVENT_EOF) && !client->leaving)
		client_leave(client);
	else
		client_free(client);
}

static void turn_away(int fd)
{
	static const char words[] = "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32002,"
				    "\"message\":\"too many clients\"}}\n";

	_Static_assert(RPC_FAILED - 2 == -32002, "the code in the words above");
	(void)!send(fd, words, sizeof(words) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static int client_new(struct rpc *rpc, int fd)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return -ENOMEM;
	client->rpc = rpc;
	client->bev = bufferevent_socket_new(rpc->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!client->bev) {
		free(client);
		return -ENOMEM;
	}
	LIST_INSERT_HEAD(&rpc->clients, client, link);
	rpc->n_clients++;
	bufferevent_setcb(client->bev, on_read, on_written, on_end, client);
	/* A line of the greatest size with its end, and one byte to see it is more. */
	bufferevent_setwatermark(client->bev, EV_READ, 0, RPC_REQUEST_MAX + 1);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
	return 0;
}

static void on_connect(struct evconnlistener *listener, evutil_socket_t fd,
                       struct sockaddr *address, int size, void *arg)
{
	struct rpc *rpc = arg;

	(void)listener, (void)address, (void)size;
	if (rpc->n_clients >= RPC_CLIENTS_MAX)
		turn_away(fd);
	else if (client_new(rpc, fd))
		close(fd);
}

/* The connection stays in the queue, so without a pause the loop would spin. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct rpc *rpc = arg;

	log_warn("control socket: no connection accepted: %s", strerror(errno));
	evconnlistener_disable(listener);
	event_add(rpc->resume, &pause_accepting);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct rpc *rpc = arg;

	(void)fd, (void)what;
	evconnlistener_enable(rpc->listener);
}

/* --- the socket --- */

static int connects(const struct sockaddr_un *address)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)))
		ret = -errno;
	close(fd);
	return ret;
}

/* Removes a socket nobody listens on. Something else than a socket would
 * refuse connections too, and is left alone. */
static int clear_the_way(const struct sockaddr_un *address)
{
	struct stat file;
	int ret;

	if (lstat(address->sun_path, &file))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(file.st_mode))
		return -EEXIST;
	ret = connects(address);
	if (ret == 0 || ret == -EAGAIN)
		return -EADDRINUSE;
	if (ret != -ECONNREFUSED)
		return ret;
	return unlink(address->sun_path) && errno != ENOENT ? -errno : 0;
}

/* Binds 'fd' so that the mode is right from the beginning. */
static int bind_to(struct rpc *rpc, int fd)
{
	const mode_t before = umask(0777 & ~SOCKET_MODE);
	const int ret = bind(fd, (const struct sockaddr *)&rpc->address, sizeof(rpc->address));
	const int why = errno;

	umask(before);
	if (ret)
		return -why;
	rpc->is_bound = true;
	return lstat(rpc->address.sun_path, &rpc->file) ? -errno : 0;
}

/* Listens on the address; the listener owns the descriptor afterwards. */
static int listen_on(struct rpc *rpc)
{
	const unsigned int flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC;
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int ret;

	if (fd < 0)
		return -errno;
	ret = bind_to(rpc, fd);
	if (!ret)
		rpc->listener = evconnlistener_new(rpc->base, on_connect, rpc, flags, BACKLOG, fd);
	if (!ret && !rpc->listener)
		ret = -ENOMEM;
	if (ret)
		close(fd);
	return ret;
}

int rpc_open(struct rpc **out, struct event_base *base, const char *path, rpc_handler handler,
             void *arg)
{
	struct rpc *rpc;
	int ret = -ENOMEM;

	if (strlen(path) >= sizeof(rpc->address.sun_path))
		return -ENAMETOOLONG;
	rpc = calloc(1, sizeof(*rpc));
	if (!rpc)
		return -ENOMEM;
	LIST_INIT(&rpc->clients);
	rpc->base = base;
	rpc->service = (struct message_service){ .handler = handler, .arg = arg };
	rpc->address.sun_family = AF_UNIX;
	strcpy(rpc->address.sun_path, path);
	rpc->resume = event_new(base, -1, 0, on_resume, rpc);
	if (!rpc->resume)
		goto fail;
	ret = clear_the_way(&rpc->address);
	if (!ret)
		ret = listen_on(rpc);
	if (ret)
		goto fail;

	/* libevent writes with writev(), which has no MSG_NOSIGNAL. */
	signal(SIGPIPE, SIG_IGN);
	evconnlistener_set_error_cb(rpc->listener, on_accept_error);
	*out = rpc;
	return 0;
fail:
	rpc_close(rpc);
	return ret;
}

/* Sends what the socket takes without waiting. */
static void flush(struct client *client)
{
	struct evbuffer *out = bufferevent_get_output(client->bev);
	const evutil_socket_t fd = bufferevent_getfd(client->bev);

	evbuffer_unfreeze(out, 1);
	while (evbuffer_get_length(out) && evbuffer_write(out, fd) > 0)
		;
}

static void remove_file(const struct rpc *rpc)
{
	struct stat file;

	if (rpc->is_bound && !lstat(rpc->address.sun_path, &file) &&
	    file.st_ino == rpc->file.st_ino && file.st_dev == rpc->file.st_dev)
		unlink(rpc->address.sun_path);
}

void rpc_close(struct rpc *rpc)
{
	struct client *client;

	if (!rpc)
		return;
	while ((client = LIST_FIRST(&rpc->clients))) {
		flush(client);
		client_free(client);
	}
	remove_file(rpc);
	if (rpc->listener)
		evconnlistener_free(rpc->listener);
	if (rpc->resume)
		event_free(rpc->resume);
	free(rpc);
}
