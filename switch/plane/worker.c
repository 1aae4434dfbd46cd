/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/plane/worker.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <urcu-qsbr.h>

#include "switch/base/clock.h"
#include "switch/base/mem.h"
#include "switch/plane/pipeline.h"

#define SPIN_NS     (50 * NS_PER_US) /* longest useful wait before sleeping, measured */
#define QUIET_LOOKS 16               /* quiet queues that a busy turn looks at, at least */
#define QUIET_TURNS 8                /* a quiet queue is looked at every so many busy turns */
#define PATIENCE    16               /* turns without frames after which a queue is quiet */
#define RESTLESS_MS 1                /* sleep at most this with work left undone */

/* ---- a turn ---- */

static void adopt(struct worker *w, const struct view *view)
{
	w->view = view;
	w->n_polled = view->workers[w->number].n;
	w->polled = view->workers[w->number].poll;
	w->books = (struct xsock_books){ 0 };
	w->n_active = 0;
	w->next_quiet = 0;
	lender_init(&w->lender, pool_total(w->crew->pool), pool_total(w->crew->pool) / w->crew->n,
	            w->n_polled);
	for (uint32_t i = 0; i < w->n_polled; i++) {
		struct xsock *sock = w->polled[i].sock;

		sock->books = &w->books;
		w->books.rx += sock->lent_rx;
		w->books.tx += sock->lent_tx;
		w->patience[i] = 0;
		lender_forgive(&w->lender, sock);
	}
	output_adopt(&w->output, view);
}

/* ---- which queues to look at ---- */

/* Looking at hundreds of quiet queues costs more than the frames of the busy
 * ones. So a turn looks at the active queues, those that had frames lately, and
 * at a part of the others, the next turn at the next part. */

/* How many queues beside the active ones this turn looks at: all of them when
 * the last turn had nothing else to do. */
static uint32_t quiet_share(const struct worker *w)
{
	if (!w->was_busy)
		return w->n_polled;
	return MIN(w->n_polled, MAX(QUIET_LOOKS, w->n_polled / QUIET_TURNS));
}

/* A queue that gave frames is active for a while. */
static void note_frames(struct worker *w, uint32_t i, uint32_t n)
{
	if (!n)
		return;
	if (!w->patience[i])
		w->active[w->n_active++] = i;
	w->patience[i] = PATIENCE;
}

/* Takes queues off the list that had nothing for so many turns. */
static void retire_quiet(struct worker *w)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < w->n_active; k++)
		if (--w->patience[w->active[k]])
			w->active[n++] = w->active[k];
	w->n_active = n;
}

static uint32_t receive_from(struct worker *w, const struct view_poll *p, uint32_t now)
{
	const uint32_t n = xsock_recv(p->sock, w->batch, p->port);
	struct pass pass = {
		.view = w->view,
		.in = w->view->ports[p->port],
		.batch = w->batch,
		.area = w->crew->umem->area,
		.now = now,
	};

	if (!n)
		return 0;
	lender_received(&w->lender, p->sock, w->batch->n + w->batch->n_more);
	stat_add(&w->rx_packets, n);
	pipeline_run(&pass);
	output_batch(&w->output, w->batch);
	return n;
}

static uint32_t poll_queue(struct worker *w, uint32_t i, uint32_t now)
{
	const uint32_t n = receive_from(w, &w->polled[i], now);

	note_frames(w, i, n);
	return n;
}

/* Likewise, unless it is active and was polled already. */
static uint32_t poll_quiet(struct worker *w, uint32_t i, uint32_t now)
{
	return w->patience[i] ? 0 : poll_queue(w, i, now);
}

void worker_wake(struct worker *w)
{
	const uint64_t one = 1;

	if (write(w->wake_fd, &one, sizeof(one)) < 0)
		return; /* the counter is full: it will wake anyway */
}

/* Wakes the workers that were handed something and may be asleep. The fence
 * pairs with the one in rest(): either we see that it sleeps, or it sees what
 * we pushed. */
static void wake_receivers(struct worker *w)
{
	uint64_t left = w->output.wake;

	if (!left)
		return;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (; left; left &= left - 1) {
		struct worker *other = w->crew->workers[__builtin_ctzll(left)];

		if (__atomic_load_n(&other->sleeping, __ATOMIC_RELAXED))
			worker_wake(other);
	}
	w->output.wake = 0;
}

/* Takes back what queue 'i' has sent and lends it new chunks. Returns true when
 * it has too few and no event will wake us for more. */
static bool restock(struct worker *w, uint32_t i, uint32_t in_pool)
{
	struct xsock *sock = w->polled[i].sock;

	xsock_reclaim(sock, &w->cache);
	xsock_refill(sock, &w->cache, lender_limit(&w->lender, sock, in_pool));
	return sock->lent_rx < LENDER_FLOOR;
}

/* Says where all chunks of this worker are. */
static void keep_books(struct worker *w)
{
	__atomic_store_n(&w->ledger_version, w->ledger_version + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&w->ledger.held, pool_cache_held(&w->cache), __ATOMIC_RELAXED);
	__atomic_store_n(&w->ledger.rx, w->books.rx, __ATOMIC_RELAXED);
	__atomic_store_n(&w->ledger.tx, w->books.tx, __ATOMIC_RELAXED);
	__atomic_store_n(&w->ledger_version, w->ledger_version + 1, __ATOMIC_RELEASE);
}

static void review_lending(struct worker *w, uint32_t now)
{
	if (!lender_is_due(&w->lender, now))
		return;
	for (uint32_t i = 0; i < w->n_polled; i++)
		lender_review(&w->lender, w->polled[i].sock);
}

/* One turn. Returns how many frames it moved; '*restless' tells whether
 * something is left that no event will wake us for. */
static uint32_t turn(struct worker *w, uint32_t now, bool *restless)
{
	const uint32_t in_pool = pool_in_depots(w->crew->pool);
	const struct view *view = rcu_dereference(w->crew->view);
	uint32_t n = 0, n_active, n_quiet, first;

	if (view != w->view)
		adopt(w, view);
	n_active = w->n_active;
	n_quiet = quiet_share(w);
	first = w->next_quiet;
	for (uint32_t k = 0; k < n_active; k++)
		n += poll_queue(w, w->active[k], now);
	for (uint32_t k = 0; k < n_quiet; k++)
		n += poll_quiet(w, (first + k) % w->n_polled, now);
	for (uint32_t i = 0; i < w->crew->n; i++)
		if (w->from[i])
			n += output_handed(&w->output, w->from[i]);
	output_flush(&w->output);
	wake_receivers(w);

	*restless = w->output.n_kicks > 0; /* a TX ring the kernel has not emptied */
	for (uint32_t k = 0; k < w->n_active; k++)
		*restless |= restock(w, w->active[k], in_pool);
	for (uint32_t k = 0; k < n_quiet; k++)
		*restless |= restock(w, (first + k) % w->n_polled, in_pool);
	if (n_quiet)
		w->next_quiet = (first + n_quiet) % w->n_polled;
	retire_quiet(w);
	review_lending(w, now);
	keep_books(w);
	w->was_busy = n > 0;
	stat_add(&w->turns, 1);
	return n;
}

/* ---- rest ---- */

static bool has_work(const struct worker *w)
{
	if (rcu_dereference(w->crew->view) != w->view ||
	    __atomic_load_n(&w->stop, __ATOMIC_RELAXED))
		return true;
	for (uint32_t i = 0; i < w->crew->n; i++)
		if (w->from[i] && handover_count(w->from[i]))
			return true;
	return false;
}

/* Sleeps until a frame arrives, a worker hands one over, or control calls. */
static void rest(struct worker *w, bool restless)
{
	struct epoll_event events[8];
	uint64_t count;

	__atomic_store_n(&w->sleeping, true, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!has_work(w)) {
		stat_add(&w->sleeps, 1);
		rcu_thread_offline();
		epoll_wait(w->epoll_fd, events, ARRAY_SIZE(events), restless ? RESTLESS_MS : -1);
		rcu_thread_online();
		if (read(w->wake_fd, &count, sizeof(count)) < 0)
			count = 0; /* nobody called: frames woke us */
	}
	__atomic_store_n(&w->sleeping, false, __ATOMIC_RELAXED);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	uint64_t now = clock_ns(), idle_since = now;
	bool restless;

	rcu_register_thread();
	while (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED)) {
		const uint32_t n = turn(w, (uint32_t)(now / NS_PER_SECOND), &restless);
		const uint64_t then = now;

		rcu_quiescent_state();
		now = clock_ns();
		if (n) {
			stat_add(&w->busy_ns, now - then);
			idle_since = now;
		} else if (!w->crew->busy && now - idle_since > SPIN_NS) {
			rest(w, restless);
			idle_since = now = clock_ns();
		}
	}
	pool_cache_drain(&w->cache);
	rcu_unregister_thread();
	return NULL;
}

/* ---- making and unmaking ---- */

void worker_free(struct worker *w)
{
	if (!w)
		return;
	for (uint32_t i = 0; i < WORKER_MAX; i++)
		mem_free_on(w->from[i], sizeof(*w->from[i]));
	burst_close(w->burst);
	mem_free_on(w->batch, sizeof(*w->batch));
	mem_free_on(w->stats, PORT_MAX * sizeof(*w->stats));
	if (w->epoll_fd >= 0)
		close(w->epoll_fd);
	if (w->wake_fd >= 0)
		close(w->wake_fd);
	mem_free_on(w, sizeof(*w));
}

int worker_new(struct crew *crew, uint16_t number, int cpu, uint32_t n_node)
{
	const int node = mem_node_of_cpu(cpu);
	struct worker *w = mem_alloc_on(node, sizeof(*w));
	struct mem_visit visit;
	struct epoll_event event = { .events = EPOLLIN };

	if (!w)
		return -ENOMEM;
	crew->workers[number] = w;
	w->crew = crew;
	w->number = number;
	w->cpu = cpu;
	w->node = node;
	w->n_node = n_node;
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	w->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->batch = mem_alloc_on(node, sizeof(*w->batch));
	w->stats = mem_alloc_on(node, PORT_MAX * sizeof(*w->stats));
	if (w->epoll_fd < 0 || w->wake_fd < 0 || !w->batch || !w->stats)
		return -ENOMEM;
	if (epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->wake_fd, &event))
		return -errno;
	pool_cache_init(&w->cache, crew->pool, n_node);
	mem_visit(&visit, node);
	burst_open(&w->burst, crew->umem); /* without it, sockets send everything */
	mem_return(&visit);
	w->output.burst = w->burst;
	w->output.worker = number;
	w->output.area = crew->umem->area;
	w->output.cache = &w->cache;
	w->output.stats = w->stats;
	return 0;
}

int worker_start(struct worker *w)
{
	struct mem_visit visit;
	char name[16];
	pthread_attr_t attr;
	sigset_t all, before;
	cpu_set_t cpus;
	int ret;

	CPU_ZERO(&cpus);
	CPU_SET((size_t)w->cpu, &cpus);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(cpus), &cpus);
	/* Signals are for the control thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	mem_visit(&visit, w->node); /* for its stack, and what the C library keeps there */
	ret = -pthread_create(&w->thread, &attr, work, w);
	mem_return(&visit);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (ret)
		return ret;
	w->started = true;
	snprintf(name, sizeof(name), "xswd/%u", w->number);
	pthread_setname_np(w->thread, name);
	return 0;
}

void worker_stop(struct worker *w)
{
	if (!w->started)
		return;
	__atomic_store_n(&w->stop, true, __ATOMIC_RELAXED);
	worker_wake(w);
	pthread_join(w->thread, NULL);
	w->started = false;
}
