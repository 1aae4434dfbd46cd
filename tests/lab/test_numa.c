/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does what a worker touches for every frame lie on the NUMA node of its core?
 *
 * A crew with one worker on each node, and a socket for each. The kernel is
 * asked for the node of every page (move_pages(2)), also of those that it
 * allocated itself and only mapped for us: packet memory and rings. All of this
 * is made by the control thread, so it is made twice: with that thread on the
 * first node and on the last one.
 *
 * On a machine with one node there is nothing to see; tests/lab/numa.sh runs
 * this in an emulated one that has two.
 */
#include "tests/lab/space.h"

#include <numa.h>
#include <numaif.h>

#include "switch/base/macros.h"
#include "switch/plane/worker.h"

enum { NODES = 8, QUEUES = 8, CHUNKS = 1024, PAGES_AT_ONCE = 512 };

struct lab {
	struct crew *crew;
	uint32_t n;      /* workers, and nodes that have CPUs */
	int cpus[NODES]; /* one on each node */
	struct xsock *sock[NODES][QUEUES];
	long long taken[NODES][NODES]; /* bytes of each node, for a worker's sockets */
};

static const size_t page = 4096;
static bool on_last_node; /* where the control thread is */

/* ---- what the kernel says ---- */

/* Touches every page without changing it; a worker may be using it. */
static void touch(uint8_t *p, size_t size)
{
	for (size_t at = 0; at < size; at += page)
		__atomic_fetch_or(p + at, 0, __ATOMIC_RELAXED);
	__atomic_fetch_or(p + size - 1, 0, __ATOMIC_RELAXED);
}

/* Counts the pages that are not on 'node'; '*there' is where the last of them is. */
static size_t strays(uint8_t *p, size_t n_pages, int node, int *there)
{
	void *address[PAGES_AT_ONCE];
	int status[PAGES_AT_ONCE];
	size_t n_strays = 0;

	for (size_t done = 0, n; done < n_pages; done += n) {
		n = MIN(n_pages - done, PAGES_AT_ONCE);
		for (size_t i = 0; i < n; i++)
			address[i] = p + (done + i) * page;
		assert_ok(move_pages(0, n, address, NULL, status, 0));
		for (size_t i = 0; i < n; i++) {
			n_strays += status[i] != node;
			*there = status[i] != node ? status[i] : *there;
		}
	}
	return n_strays;
}

static void assert_on(int node, const char *what, const void *memory, size_t size)
{
	const uintptr_t first = (uintptr_t)memory & ~(page - 1);
	const size_t n_pages = ((uintptr_t)memory + size - first + page - 1) / page;
	int there = node;
	size_t n;

	touch((uint8_t *)memory, size);
	n = strays((uint8_t *)first, n_pages, node, &there);
	if (n)
		fail_msg("%s: %zu of %zu pages are not on node %d; one is on %d", what, n, n_pages,
		         node, there);
}

/* Whether the kernel says at all where this page is. */
static bool kernel_tells(void *p)
{
	int status;

	assert_ok(move_pages(0, 1, &p, NULL, &status, 0));
	return status >= 0;
}

/* ---- a crew ---- */

static void find_cpus(struct lab *lab)
{
	struct bitmask *allowed = numa_all_cpus_ptr;

	for (unsigned int cpu = 0; cpu < allowed->size && lab->n < NODES; cpu++) {
		bool known = !numa_bitmask_isbitset(allowed, cpu);

		for (uint32_t i = 0; i < lab->n; i++)
			known |= numa_node_of_cpu(lab->cpus[i]) == numa_node_of_cpu((int)cpu);
		if (!known)
			lab->cpus[lab->n++] = (int)cpu;
	}
}

/* Adds the free memory of each node, in bytes, to 'sum'. */
static void add_free(long long *sum, int sign)
{
	for (int node = 0; node < NODES; node++) {
		long long n_free;

		if (numa_node_size64(node, &n_free) >= 0)
			sum[node] += sign * n_free;
	}
}

/* QUEUES sockets for each worker, on a device of its own. */
static void open_sockets(struct lab *lab)
{
	for (uint32_t i = 0; i < lab->n; i++) {
		char name[16];

		snprintf(name, sizeof(name), "near%u", i);
		run("ip link add %s numrxqueues %d type veth peer name far%u && ip link set %s up",
		    name, QUEUES, i, name);
		add_free(lab->taken[i], 1);
		for (uint16_t q = 0; q < QUEUES; q++)
			assert_ok(crew_open_socket(lab->crew, &lab->sock[i][q], name, q,
			                           (uint16_t)(i * QUEUES + q + 1), false,
			                           (uint16_t)i));
		add_free(lab->taken[i], -1);
	}
}

/* Group setup. The control thread is on the first node, or on the last. */
static int a_crew(void **state)
{
	struct crew_config config = { .chunks_per_node = CHUNKS };
	struct lab *lab = calloc(1, sizeof(*lab));

	if (!lab || space_enter(NULL))
		return -1;
	*state = lab;
	find_cpus(lab);
	numa_run_on_node(numa_node_of_cpu(lab->cpus[on_last_node ? lab->n - 1 : 0]));
	config.n_workers = lab->n;
	memcpy(config.cpus, lab->cpus, sizeof(lab->cpus));
	assert_ok(crew_start(&lab->crew, &config));
	open_sockets(lab);
	return 0;
}

static int no_crew(void **state)
{
	struct lab *lab = *state;

	for (uint32_t i = 0; i < lab->n; i++)
		for (int q = 0; q < QUEUES; q++)
			crew_close_socket(lab->crew, lab->sock[i][q]);
	crew_stop(lab->crew);
	free(lab);
	return 0;
}

/* ---- what lies where ---- */

static void the_worker_itself(void **state)
{
	const struct lab *lab = *state;

	for (uint32_t i = 0; i < lab->n; i++)
		assert_on(lab->crew->workers[i]->node, "worker", lab->crew->workers[i],
		          sizeof(struct worker));
}

static void its_node_is_that_of_its_cpu(void **state)
{
	const struct lab *lab = *state;

	for (uint32_t i = 0; i < lab->n; i++)
		assert_int_equal(lab->crew->workers[i]->node, numa_node_of_cpu(lab->cpus[i]));
}

/* The C library keeps what belongs to a thread where its pthread_t points to. */
static void what_belongs_to_its_thread(void **state)
{
	const struct lab *lab = *state;

	for (uint32_t i = 0; i < lab->n; i++)
		assert_on(lab->crew->workers[i]->node, "thread",
		          (const void *)lab->crew->workers[i]->thread, 1);
}

static void its_batch(void **state)
{
	const struct lab *lab = *state;

	for (uint32_t i = 0; i < lab->n; i++)
		assert_on(lab->crew->workers[i]->node, "batch", lab->crew->workers[i]->batch,
		          sizeof(struct batch));
}

static void its_counters(void **state)
{
	const struct lab *lab = *state;

	for (uint32_t i = 0; i < lab->n; i++)
		assert_on(lab->crew->workers[i]->node, "counters", lab->crew->workers[i]->stats,
		          PORT_MAX * sizeof(struct port_stats));
}

static void what_others_hand_to_it(void **state)
{
	const struct lab *lab = *state;

	for (uint32_t to = 0; to < lab->n; to++)
		for (uint32_t from = 0; from < lab->n; from++)
			if (to != from)
				assert_on(lab->crew->workers[to]->node, "handover ring",
				          lab->crew->workers[to]->from[from],
				          sizeof(struct handover));
}

static void its_packet_memory(void **state)
{
	const struct lab *lab = *state;
	const struct umem *umem = lab->crew->umem;
	const size_t size = (size_t)umem->chunks_per_node * UMEM_CHUNK;

	assert_int_equal(umem->n_nodes, lab->n);
	for (uint32_t i = 0; i < lab->n; i++) {
		const struct worker *w = lab->crew->workers[i];

		assert_on(w->node, "packet memory", umem->area + w->n_node * size, size);
	}
}

/* From the page of the indices to the last entry. */
static void assert_ring_on(int node, const char *what, uint32_t *indices, void *ring, size_t entry)
{
	uint8_t *first = (uint8_t *)((uintptr_t)indices & ~(page - 1));

	assert_on(node, what, first, (size_t)((uint8_t *)ring + XSOCK_RING * entry - first));
}

/* Before Linux 6.3 rings are mapped without a trace of their pages, and the kernel
 * does not tell. What it does tell is whose free memory has become less. */
static void assert_taken_from(const struct lab *lab, uint32_t i)
{
	const int own = lab->crew->workers[i]->node;

	for (int node = 0; node < NODES; node++)
		if (node != own && lab->taken[i][node] > lab->taken[i][own] / 4)
			fail_msg("sockets: %lld KiB taken from node %d and %lld from %d",
			         lab->taken[i][own] >> 10, own, lab->taken[i][node] >> 10, node);
	assert_true(lab->taken[i][own] > 0);
}

static void the_rings_of_its_sockets(void **state)
{
	const struct lab *lab = *state;

	for (uint32_t i = 0; i < lab->n; i++) {
		const int node = lab->crew->workers[i]->node;
		const struct xsock *s = lab->sock[i][0];

		if (!kernel_tells(s->rx.producer)) {
			assert_taken_from(lab, i);
			continue;
		}
		assert_ring_on(node, "RX ring", s->rx.producer, s->rx.ring,
		               sizeof(struct xdp_desc));
		assert_ring_on(node, "TX ring", s->tx.producer, s->tx.ring,
		               sizeof(struct xdp_desc));
		assert_ring_on(node, "fill ring", s->fill.producer, s->fill.ring, sizeof(uint64_t));
		assert_ring_on(node, "completion ring", s->comp.producer, s->comp.ring,
		               sizeof(uint64_t));
	}
}

static void its_socket(void **state)
{
	const struct lab *lab = *state;

	for (uint32_t i = 0; i < lab->n; i++)
		assert_on(lab->crew->workers[i]->node, "socket", lab->sock[i][0],
		          sizeof(struct xsock));
}

static int ask_everything(void)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(its_node_is_that_of_its_cpu),
		cmocka_unit_test(the_worker_itself),
		cmocka_unit_test(what_belongs_to_its_thread),
		cmocka_unit_test(its_batch),
		cmocka_unit_test(its_counters),
		cmocka_unit_test(what_others_hand_to_it),
		cmocka_unit_test(its_packet_memory),
		cmocka_unit_test(the_rings_of_its_sockets),
		cmocka_unit_test(its_socket),
	};
	char names[ARRAY_SIZE(tests)][64];

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		snprintf(names[i], sizeof(names[i]), "%s, made on the %s node", tests[i].name,
		         on_last_node ? "last" : "first");
		tests[i].name = names[i];
	}
	return cmocka_run_group_tests(tests, a_crew, no_crew);
}

/* Each in a process of its own: memory that was freed, of a thread's stack for
 * one, would be found again where it was. */
int main(void)
{
	int status = 0, failed = 0;

	if (geteuid() || numa_available() < 0 || numa_num_configured_nodes() < 2) {
		printf("ok 1 - test_numa # SKIP needs root and two NUMA nodes\n");
		return 0;
	}
	for (int i = 0; i < 2; i++) {
		const pid_t pid = fork();

		on_last_node = i;
		if (!pid)
			exit(ask_everything());
		waitpid(pid, &status, 0);
		failed |= status;
	}
	return failed != 0;
}
