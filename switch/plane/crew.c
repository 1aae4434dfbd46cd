/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/plane/crew.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <urcu-qsbr.h>

#include "switch/base/log.h"
#include "switch/base/mem.h"
#include "switch/plane/worker.h"

#define LEDGER_TRIES 200
#define PAUSE_US     50 /* between looks at the workers */

/* ---- making and unmaking ---- */

/* A ring from each worker to each other one, on the receiver's node. */
static int connect_workers(struct crew *crew)
{
	for (uint32_t to = 0; to < crew->n; to++)
		for (uint32_t from = 0; from < crew->n; from++) {
			struct worker *w = crew->workers[to];

			if (to == from)
				continue;
			w->from[from] = mem_alloc_on(w->node, sizeof(*w->from[from]));
			if (!w->from[from])
				return -ENOMEM;
			crew->workers[from]->output.to[to] = w->from[from];
		}
	return 0;
}

/* The kernel's numbers of the nodes that have workers, each once. Fills in the
 * index of each worker's node. */
static uint32_t nodes_of(const struct crew_config *config, int *nodes, uint32_t *index)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < config->n_workers; i++) {
		const int node = mem_node_of_cpu(config->cpus[i]);
		uint32_t at = 0;

		while (at < n && nodes[at] != node)
			at++;
		if (at == n && n < UMEM_NODES)
			nodes[n++] = node;
		index[i] = MIN(at, n - 1);
	}
	return n;
}

static int make_memory(struct crew *crew, const int *nodes, uint32_t n_nodes, uint32_t chunks)
{
	const struct pool_config pc = { .n_nodes = n_nodes, .chunks_per_node = chunks };
	int ret = umem_open(&crew->umem, nodes, n_nodes, chunks);

	return ret ? ret : pool_new(&crew->pool, &pc);
}

int crew_start(struct crew **out, const struct crew_config *config)
{
	uint32_t node_index[WORKER_MAX], n_nodes;
	int nodes[UMEM_NODES];
	struct crew *crew = calloc(1, sizeof(*crew));
	int ret = -ENOMEM;

	if (!crew)
		return ret;
	crew->busy = config->busy;
	crew->view = view_new(0);
	n_nodes = nodes_of(config, nodes, node_index);
	if (crew->view)
		ret = make_memory(crew, nodes, n_nodes, config->chunks_per_node);
	for (uint32_t i = 0; !ret && i < config->n_workers; i++) {
		crew->n++;
		ret = worker_new(crew, (uint16_t)i, config->cpus[i], node_index[i]);
	}
	if (!ret)
		ret = connect_workers(crew);
	for (uint32_t i = 0; !ret && i < crew->n; i++)
		ret = worker_start(crew->workers[i]);
	if (ret) {
		log_error("cannot start the workers: %s", strerror(-ret));
		crew_stop(crew);
		return ret;
	}
	*out = crew;
	return 0;
}

void crew_stop(struct crew *crew)
{
	if (!crew)
		return;
	for (uint32_t i = 0; i < crew->n; i++)
		if (crew->workers[i])
			worker_stop(crew->workers[i]);
	for (uint32_t i = 0; i < crew->n; i++)
		worker_free(crew->workers[i]);
	view_free(crew->view);
	pool_free(crew->pool);
	umem_close(crew->umem);
	free(crew);
}

/* ---- the control thread's side ---- */

/* Waits until every worker has begun and ended a whole turn. */
static void wait_a_turn(const struct crew *crew)
{
	uint64_t before[WORKER_MAX];

	for (uint32_t i = 0; i < crew->n; i++)
		before[i] = stat_read(&crew->workers[i]->turns);
	for (uint32_t i = 0; i < crew->n; i++)
		while (stat_read(&crew->workers[i]->turns) < before[i] + 2) {
			worker_wake(crew->workers[i]);
			usleep(PAUSE_US);
		}
}

void crew_publish(struct crew *crew, struct view *view)
{
	struct view *old = crew->view;

	rcu_assign_pointer(crew->view, view);
	wait_a_turn(crew); /* now nobody hands over under the old view */
	wait_a_turn(crew); /* and what was handed over has been taken */
	synchronize_rcu();
	view_free(old);
}

int crew_open_socket(struct crew *crew, struct xsock **out, const char *ifname, uint32_t queue,
                     uint16_t id, bool try_zerocopy, uint16_t worker)
{
	const struct xsock_config config = {
		.ifname = ifname,
		.queue = queue,
		.id = id,
		.umem = crew->umem,
		.pool = crew->pool,
		.node = crew->workers[worker]->node,
		.try_zerocopy = try_zerocopy,
	};
	struct epoll_event event = { .events = EPOLLIN };
	struct xsock *sock;
	int ret = xsock_open(&sock, &config);

	if (ret)
		return ret;
	if (epoll_ctl(crew->workers[worker]->epoll_fd, EPOLL_CTL_ADD, sock->fd, &event)) {
		ret = -errno;
		xsock_close(sock);
		return ret;
	}
	*out = sock;
	return 0;
}

void crew_close_socket(struct crew *crew, struct xsock *sock)
{
	const uint32_t lent = sock->lent_rx + sock->lent_tx;
	const uint16_t id = sock->id;
	uint32_t back;

	xsock_close(sock);
	back = pool_collect(crew->pool, id);
	if (back != lent)
		log_error("socket %u: %u chunks were lent, %u came back", id, lent, back);
}

uint32_t crew_n_workers(const struct crew *crew)
{
	return crew->n;
}

/* One consistent reading of what a worker last said. */
static struct ledger read_ledger(const struct worker *w)
{
	struct ledger copy = { 0 };
	uint64_t before;

	do {
		before = __atomic_load_n(&w->ledger_version, __ATOMIC_ACQUIRE);
		copy.held = __atomic_load_n(&w->ledger.held, __ATOMIC_RELAXED);
		copy.rx = __atomic_load_n(&w->ledger.rx, __ATOMIC_RELAXED);
		copy.tx = __atomic_load_n(&w->ledger.tx, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (before & 1 || before != __atomic_load_n(&w->ledger_version, __ATOMIC_RELAXED));
	return copy;
}

void crew_worker_info(const struct crew *crew, uint32_t worker, struct worker_info *out)
{
	const struct worker *w = crew->workers[worker];

	out->cpu = w->cpu;
	out->node = w->node;
	out->sleeping = __atomic_load_n(&w->sleeping, __ATOMIC_RELAXED);
	out->turns = stat_read(&w->turns);
	out->sleeps = stat_read(&w->sleeps);
	out->busy_ns = stat_read(&w->busy_ns);
	out->rx_packets = stat_read(&w->rx_packets);
	out->can_burst = __atomic_load_n(&w->output.burst, __ATOMIC_RELAXED) != NULL;
	out->burst_runs = stat_read(&w->output.burst_runs);
	out->burst_frames = stat_read(&w->output.burst_frames);
	out->af_xdp_frames = stat_read(&w->output.af_xdp_frames);
	for (int way = 0; way < N_WAYS; way++)
		for (int size = 0; size < CHOOSER_SIZES; size++)
			out->cost[way][size] = __atomic_load_n(&w->output.chooser.cost[way][size],
			                                       __ATOMIC_RELAXED) /
			                       CHOOSER_SCALE;
}

/* Pieces on their way to 'w' from other workers. */
static uint32_t on_the_way(const struct worker *w)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < WORKER_MAX; i++)
		if (w->from[i])
			n += handover_count(w->from[i]);
	return n;
}

bool crew_ledger(struct crew *crew, struct ledger *rows)
{
	for (int try = 0; try < LEDGER_TRIES; try++) {
		uint32_t sum = 0;

		for (uint32_t i = 0; i < crew->n; i++) {
			rows[i] = read_ledger(crew->workers[i]);
			rows[i].held += on_the_way(crew->workers[i]);
		}
		rows[0].pool = pool_in_depots(crew->pool);
		for (uint32_t i = 0; i < crew->n; i++)
			sum += rows[i].pool + rows[i].held + rows[i].rx + rows[i].tx;
		if (sum == pool_total(crew->pool))
			return true;
		usleep(PAUSE_US);
	}
	return false;
}

uint32_t crew_total(const struct crew *crew)
{
	return pool_total(crew->pool);
}

void crew_port_stats(const struct crew *crew, uint16_t port, struct port_stats *out)
{
	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < crew->n; i++) {
		const struct port_stats *stats = &crew->workers[i]->stats[port];

		out->tx_packets += stat_read(&stats->tx_packets);
		out->tx_bytes += stat_read(&stats->tx_bytes);
		for (int f = 0; f < N_FATES; f++)
			out->drops[f] += stat_read(&stats->drops[f]);
	}
}

void crew_forget_port(struct crew *crew, uint16_t port)
{
	for (uint32_t i = 0; i < crew->n; i++)
		memset(&crew->workers[i]->stats[port], 0, sizeof(struct port_stats));
}
