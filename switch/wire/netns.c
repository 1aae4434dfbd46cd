/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/wire/netns.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "switch/base/log.h"
#include "switch/wire/netlink.h"

/* Many processes share a namespace: each is asked about once. */
struct visited {
	dev_t dev;
	ino_t ino;
};

struct search {
	int nsid;
	int fd;      /* the namespace once found, else -1 */
	int err;     /* what ended the search early, or 0 */
	bool denied; /* something could not be looked at */
	struct visited *visited;
	size_t n_visited;
};

static int socket_here(int family, int type, int protocol)
{
	const int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	return fd < 0 ? -errno : fd;
}

static int socket_inside(int ns, int family, int type, int protocol)
{
	const int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int ret;

	if (home < 0)
		return -errno;
	if (setns(ns, CLONE_NEWNET)) {
		ret = -errno;
	} else {
		ret = socket_here(family, type, protocol);
		if (setns(home, CLONE_NEWNET)) {
			log_error("cannot return from a network namespace: %s", strerror(errno));
			abort();
		}
	}
	close(home);
	return ret;
}

int netns_socket(const struct netns *ns, int family, int type, int protocol)
{
	if (!ns || ns->fd < 0)
		return socket_here(family, type, protocol);
	return socket_inside(ns->fd, family, type, protocol);
}

static int read_nsid(const struct nlmsghdr *message, void *arg)
{
	const struct nlattr *attr;
	int *nsid = arg;

	mnl_attr_for_each(attr, message, sizeof(struct rtgenmsg)) if (mnl_attr_get_type(attr) ==
	                                                              NETNSA_NSID) *nsid =
		(int)mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

/* What the namespace open as 'fd' is called here, or -1 when it has no number
 * or is no namespace at all. */
static int nsid_of(int fd)
{
	char buf[NETLINK_QUESTION_SIZE];
	void *header;
	struct nlmsghdr *question =
		netlink_question(buf, RTM_GETNSID, sizeof(struct rtgenmsg), &header);
	int nsid = NETNSA_NSID_NOT_ASSIGNED;

	mnl_attr_put_u32(question, NETNSA_FD, (uint32_t)fd);
	if (netlink_ask(NULL, NETLINK_ROUTE, question, read_nsid, &nsid))
		return NETNSA_NSID_NOT_ASSIGNED;
	return nsid;
}

static bool was_visited(const struct search *s, const struct stat *st)
{
	for (size_t i = 0; i < s->n_visited; i++)
		if (s->visited[i].ino == st->st_ino && s->visited[i].dev == st->st_dev)
			return true;
	return false;
}

static int visit(struct search *s, const struct stat *st)
{
	struct visited *more = reallocarray(s->visited, s->n_visited + 1, sizeof(*s->visited));

	if (!more)
		return -ENOMEM;
	s->visited = more;
	s->visited[s->n_visited++] = (struct visited){ .dev = st->st_dev, .ino = st->st_ino };
	return 0;
}

static void note_failure(struct search *s)
{
	if (errno == EACCES || errno == EPERM)
		s->denied = true;
	else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		s->err = -errno;
	/* All else: it went away meanwhile. */
}

/* Looks whether 'path', below 'dir', is the namespace searched for. */
static void consider(struct search *s, int dir, const char *path)
{
	struct stat st;
	int fd;

	if (fstatat(dir, path, &st, 0)) {
		note_failure(s);
		return;
	}
	if (was_visited(s, &st))
		return;
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		note_failure(s);
		return;
	}
	s->err = visit(s, &st);
	if (!s->err && nsid_of(fd) == s->nsid)
		s->fd = fd;
	else
		close(fd);
}

static void search_dir(struct search *s, const char *path, bool (*is_worth)(const char *name),
                       const char *suffix)
{
	DIR *dir = opendir(path);
	struct dirent *d;

	if (!dir)
		return;
	while (s->fd < 0 && !s->err && (d = readdir(dir))) {
		char entry[NAME_MAX + 16];

		if (!is_worth(d->d_name))
			continue;
		snprintf(entry, sizeof(entry), "%s%s", d->d_name, suffix);
		consider(s, dirfd(dir), entry);
	}
	closedir(dir);
}

static bool is_name(const char *name)
{
	return name[0] != '.';
}

static bool is_process(const char *name)
{
	return isdigit((unsigned char)name[0]);
}

int netns_open_nsid(struct netns *out, int nsid)
{
	struct search s = { .nsid = nsid, .fd = -1 };

	if (nsid < 0)
		return -ESRCH;
	search_dir(&s, "/run/netns", is_name, "");
	search_dir(&s, "/proc", is_process, "/ns/net");
	free(s.visited);
	if (s.fd >= 0) {
		out->fd = s.fd;
		return 0;
	}
	if (s.err)
		return s.err;
	return s.denied ? -EPERM : -ESRCH;
}

void netns_close(struct netns *ns)
{
	if (ns->fd >= 0)
		close(ns->fd);
	ns->fd = -1;
}
