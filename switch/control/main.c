/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xswd: the daemon. Makes the parts, joins them in one event loop, and takes
 * them down in the reverse order.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "switch/base/log.h"
#include "switch/base/macros.h"
#include "switch/control/command.h"
#include "switch/control/config.h"
#include "switch/control/load.h"
#include "switch/control/options.h"
#include "switch/control/rights.h"

#define PATH_LEN 108 /* of a unix socket's address */

struct daemon {
	struct options options;
	int lock_fd;
	struct event_base *base;
	struct event *ends[3]; /* SIGTERM, SIGINT, SIGHUP */
	struct event *tick;
	struct event *links;
	struct port_kit kit;
	struct config *config;
	struct netdev_watch *watch;
	struct rpc *rpc;
};

/* DIR/name. Returns 0 or -ENAMETOOLONG. */
static int path_in(const struct daemon *d, const char *name, char out[PATH_LEN])
{
	const int n = snprintf(out, PATH_LEN, "%s/%s", d->options.run_dir, name);

	return n < PATH_LEN ? 0 : -ENAMETOOLONG;
}

/* ---- the run directory ---- */

static int make_run_dir(const char *dir)
{
	if (!mkdir(dir, 0755) || errno == EEXIST)
		return 0;
	log_error("cannot make the run directory %s: %s", dir, strerror(errno));
	return -1;
}

/* One daemon per directory: whoever holds the lock. */
static int lock_run_dir(struct daemon *d)
{
	char path[PATH_LEN], pid[16] = "";

	if (path_in(d, "lock", path)) {
		log_error("the path %s is too long for a socket in it", d->options.run_dir);
		return -1;
	}
	d->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (d->lock_fd < 0) {
		log_error("cannot open %s: %s", path, strerror(errno));
		return -1;
	}
	if (flock(d->lock_fd, LOCK_EX | LOCK_NB)) {
		if (read(d->lock_fd, pid, sizeof(pid) - 1) <= 0)
			snprintf(pid, sizeof(pid), "unknown");
		log_error("another xswd (process %s) runs in %s; give this one its own --run DIR",
		          pid, d->options.run_dir);
		return -1;
	}
	snprintf(pid, sizeof(pid), "%d", getpid());
	if (ftruncate(d->lock_fd, 0) || pwrite(d->lock_fd, pid, strlen(pid), 0) < 0)
		log_warn("cannot write to %s: %s", path, strerror(errno));
	return 0;
}

/* ---- the packet side ---- */

static int start_plane(struct daemon *d)
{
	struct crew_config cc = {
		.n_workers = d->options.n_workers,
		.busy = d->options.busy,
		.chunks_per_node = d->options.frames,
	};
	char journal[PATH_LEN];

	memcpy(cc.cpus, d->options.cpus, sizeof(cc.cpus));
	if (path_in(d, "armed", journal) || arm_open(&d->kit.arm, journal)) {
		log_error("cannot read the journal of armed devices in %s", d->options.run_dir);
		return -1;
	}
	arm_recover(d->kit.arm);
	if (prog_open(&d->kit.prog) || crew_start(&d->kit.crew, &cc))
		return -1;
	return config_new(&d->config, &d->kit);
}

static void stop_plane(struct daemon *d)
{
	config_free(d->config);
	crew_stop(d->kit.crew);
	prog_close(d->kit.prog);
	arm_close(d->kit.arm);
}

/* ---- events ---- */

static void on_end(evutil_socket_t signal, short what, void *arg)
{
	struct daemon *d = arg;

	event_base_loopbreak(d->base);
}

/* Leaves time for the answer to be sent. */
static void on_shutdown(void *arg)
{
	const struct timeval soon = { .tv_usec = 50000 };
	struct daemon *d = arg;

	event_base_loopexit(d->base, &soon);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	config_tick(arg);
}

static void on_link(evutil_socket_t fd, short what, void *arg)
{
	netdev_watch_read(arg);
}

static int add_event(struct event **out, struct event *event, const struct timeval *timeout)
{
	*out = event;
	return event && !event_add(event, timeout) ? 0 : -1;
}

static int listen_to_events(struct daemon *d)
{
	const struct timeval second = { .tv_sec = 1 };
	char path[PATH_LEN];
	int ret;

	d->base = event_base_new();
	if (!d->base || netdev_watch_open(&d->watch, config_device_event, d->config) ||
	    add_event(&d->ends[0], evsignal_new(d->base, SIGTERM, on_end, d), NULL) ||
	    add_event(&d->ends[1], evsignal_new(d->base, SIGINT, on_end, d), NULL) ||
	    add_event(&d->ends[2], evsignal_new(d->base, SIGHUP, on_end, d), NULL) ||
	    add_event(&d->tick, event_new(d->base, -1, EV_PERSIST, on_tick, d->config), &second) ||
	    add_event(&d->links,
	              event_new(d->base, netdev_watch_fd(d->watch), EV_READ | EV_PERSIST, on_link,
	                        d->watch),
	              NULL)) {
		log_error("cannot set up the event loop");
		return -1;
	}
	d->config->shutdown = on_shutdown;
	d->config->shutdown_arg = d;
	ret = path_in(d, "ctl.sock", path);
	if (!ret)
		ret = rpc_open(&d->rpc, d->base, path, command_run, d->config);
	if (ret)
		log_error("cannot listen on %s: %s", path, strerror(-ret));
	return ret;
}

static void stop_listening(struct daemon *d)
{
	rpc_close(d->rpc);
	for (size_t i = 0; i < ARRAY_SIZE(d->ends); i++)
		if (d->ends[i])
			event_free(d->ends[i]);
	if (d->tick)
		event_free(d->tick);
	if (d->links)
		event_free(d->links);
	netdev_watch_close(d->watch);
	if (d->base)
		event_base_free(d->base);
}

/* ---- the whole ---- */

static int check_rights(void)
{
	char missing[160];

	if (!rights_check(missing, sizeof(missing)))
		return 0;
	log_error("not permitted: missing %s; run as root, or see `xswd --help`", missing);
	return -1;
}

/* 512 ports have more descriptors than the usual limit; and old kernels charge
 * maps to RLIMIT_MEMLOCK. Where this fails it is not needed, or the port that
 * goes beyond says so. */
static void raise_limits(void)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit files;

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static int start(struct daemon *d)
{

	if (check_rights() || make_run_dir(d->options.run_dir) || lock_run_dir(d))
		return -1;
	raise_limits();
	if (rights_keep())
		log_warn("cannot give up the capabilities that are not needed");
	if (start_plane(d) || listen_to_events(d))
		return -1;
	if (d->options.config_file && load_file(d->config, d->options.config_file))
		return -1;
	return 0;
}

int main(int argc, char *argv[])
{
	struct daemon d = { .lock_fd = -1 };
	int ret = options_read(&d.options, argc, argv);

	if (ret >= 0)
		return ret;
	log_set_level(d.options.level);
	signal(SIGPIPE, SIG_IGN);
	ret = start(&d) ? EXIT_FAILURE : EXIT_SUCCESS;
	if (ret == EXIT_SUCCESS) {
		log_info("version %s, %u worker%s, ready in %s", XSW_VERSION, d.options.n_workers,
		         d.options.n_workers == 1 ? "" : "s", d.options.run_dir);
		sd_notify(0, "READY=1");
		event_base_dispatch(d.base);
		sd_notify(0, "STOPPING=1");
	}
	/* Who asked for the end sees the connection close when all is over. */
	stop_plane(&d);
	if (d.lock_fd >= 0)
		close(d.lock_fd);
	stop_listening(&d);
	return ret;
}
