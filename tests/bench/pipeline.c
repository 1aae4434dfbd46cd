/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a frame costs a worker, from the RX ring to the TX ring: receive, parse,
 * admit, learn, forward, stage, send, take chunks back and lend new ones. The
 * code is the daemon's; the rings are memory, and the kernel's side of them is
 * played here, outside of the time that is measured:
 *
 *   arrive()    takes chunks from the fill ring, writes the addresses into them,
 *               as the kernel has just done when a worker wakes, and fills RX
 *   sendto()    stands for the system call of a kick: takes the whole TX ring.
 *               The loop around it is in the figure, a real system call is not
 *   complete()  puts what was sent on the completion ring
 *
 * In the figure are also the rings of a second port without traffic. Not in it
 * are what a worker does once per turn whatever the number of frames, and the
 * clock. Frames have 60 bytes. Flooding is by copy, as sockets send it.
 */
#include <sys/socket.h>

#include "tests/bench/bench.h"
#include "tests/fake/plane.h"

#define AT_HOME   0x020000000000ull /* addresses behind port 0 */
#define AWAY      0x020001000000ull /* addresses behind port 1 */
#define BROADCAST 0xffffffffffffull
#define FRAME_LEN 60
#define CAPACITY  (1u << 16)
#define QUIET     64         /* chunks lent to a port without traffic */
#define ROUND     (1u << 15) /* frames of a round, at least one to each address */

/* No frame needs so many ns: somebody else had the core. */
#define INTERRUPTED 1000

struct scenario {
	const char *text;
	uint32_t n_addresses; /* behind each of both ports */
	uint32_t n_outputs;   /* more than 1: broadcasts */
	uint32_t at_once;     /* frames that arrive before the worker looks */
};

enum step { RECEIVE, DECIDE, OUTPUT, BOOKS, N_STEPS };

static const char *const step_text[N_STEPS] = {
	"receive",
	"decide (parse, admit, learn, forward)",
	"output (stage, send)",
	"books (reclaim, refill)",
};

static struct {
	struct plane plane;
	uint32_t n_ports;
	uint64_t *order; /* of the addresses, ROUND of them */
	uint32_t at;
	bool is_flood;
	uint32_t completed[PLANE_PORTS]; /* index on the TX ring */
	uint64_t arrived;
	uint64_t clock_cost;
} subject;

static struct xsock *sock_of(uint32_t port)
{
	return &subject.plane.wire[port].sock;
}

/* ---- the kernel's side ---- */

/* Its prototype is the C library's. */
ssize_t sendto(int fd, const void *bytes, size_t len, int flags, const struct sockaddr *to,
               socklen_t to_len)
{
	struct xsock *s = sock_of((uint32_t)fd);

	*s->tx.consumer = *s->tx.producer;
	return 0;
}

static void write_addresses(uint8_t *frame, uint64_t dst, uint64_t src)
{
	for (int i = 0; i < 6; i++) {
		frame[i] = (uint8_t)(dst >> (40 - 8 * i));
		frame[6 + i] = (uint8_t)(src >> (40 - 8 * i));
	}
}

static void arrive(uint32_t n)
{
	struct xsock *s = sock_of(0);
	const uint64_t *fill = s->fill.ring;
	struct xdp_desc *rx = s->rx.ring;

	if (*s->fill.producer - *s->fill.consumer < n)
		abort(); /* the worker lends too few */
	for (uint32_t i = 0; i < n; i++) {
		const uint64_t to = subject.order[subject.at];
		const uint64_t from = subject.order[ROUND - 1 - subject.at];
		const uint64_t addr = fill[(*s->fill.consumer)++ % XSOCK_RING] + UMEM_HEADROOM;

		write_addresses(s->area + addr, subject.is_flood ? BROADCAST : AWAY + to,
		                AT_HOME + from);
		rx[(*s->rx.producer)++ % XSOCK_RING] =
			(struct xdp_desc){ .addr = addr, .len = FRAME_LEN };
		subject.at = (subject.at + 1) % ROUND;
	}
	subject.arrived += n;
}

static void complete(void)
{
	for (uint32_t p = 0; p < PLANE_PORTS; p++) {
		struct xsock *s = sock_of(p);
		const struct xdp_desc *tx = s->tx.ring;
		uint64_t *comp = s->comp.ring;

		for (uint32_t *i = &subject.completed[p]; *i != *s->tx.consumer; ++*i)
			comp[(*s->comp.producer)++ % XSOCK_RING] = tx[*i % XSOCK_RING].addr;
	}
}

/* ---- the worker's side ---- */

/* Adds the time since '*then' to a step; NULL: nobody asks. */
static inline void lap(uint64_t *ns, enum step step, uint64_t *then)
{
	uint64_t now;

	if (!ns)
		return;
	now = clock_ns();
	ns[step] += now - *then - subject.clock_cost;
	*then = clock_ns();
}

static inline void turn(uint64_t *ns)
{
	struct plane *p = &subject.plane;
	uint64_t then = ns ? clock_ns() : 0;

	for (uint16_t i = 0; i < subject.n_ports; i++) {
		const uint32_t n = xsock_recv(sock_of(i), &p->batch, i);
		struct pass pass = {
			.view = p->view,
			.in = p->view->ports[i],
			.batch = &p->batch,
			.area = p->area,
			.now = p->now,
		};

		lap(ns, RECEIVE, &then);
		if (!n)
			continue;
		pipeline_run(&pass);
		lap(ns, DECIDE, &then);
		output_batch(&p->output, &p->batch);
		lap(ns, OUTPUT, &then);
	}
	output_flush(&p->output);
	lap(ns, OUTPUT, &then);
	for (uint32_t i = 0; i < subject.n_ports; i++) {
		xsock_reclaim(sock_of(i), &p->cache);
		xsock_refill(sock_of(i), &p->cache, i ? QUIET : XSOCK_RING);
	}
	lap(ns, BOOKS, &then);
}

/* ---- measuring ---- */

/* What clock_ns() itself takes, which is in each interval once. */
static uint64_t cost_of_clock(void)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 10000; i++) {
		const uint64_t then = clock_ns(), ns = clock_ns() - then;

		best = ns < best ? ns : best;
	}
	return best;
}

/* What ROUND frames took, but for those during which we were interrupted. */
struct times {
	uint32_t n_frames;
	uint64_t whole; /* ns */
	uint64_t steps[N_STEPS];
};

/* Sends ROUND frames through. Where 'in_steps', the whole includes many clocks. */
static struct times run_round(const struct scenario *c, bool in_steps)
{
	struct times sum = { 0 };

	for (uint32_t done = 0; done < ROUND; done += c->at_once) {
		uint64_t steps[N_STEPS] = { 0 }, then, ns;

		arrive(c->at_once);
		then = clock_ns();
		for (uint32_t i = 0; i < c->at_once; i += BATCH_FRAMES)
			turn(in_steps ? steps : NULL);
		ns = clock_ns() - then - subject.clock_cost;
		complete();
		if (ns > (uint64_t)c->at_once * INTERRUPTED)
			continue;
		sum.n_frames += c->at_once;
		sum.whole += ns;
		for (int s = 0; s < N_STEPS; s++)
			sum.steps[s] += steps[s];
	}
	return sum;
}

/* Every frame was sent to every port that it was for, and to no other. */
static void check_sent(const struct scenario *c)
{
	for (uint32_t p = 1; p < subject.n_ports; p++)
		if (subject.plane.stats[p].tx_packets !=
		    (p <= c->n_outputs ? subject.arrived : 0)) {
			fprintf(stderr, "%s: frames were lost\n", c->text);
			abort();
		}
}

static void set_up_ports(const struct scenario *c)
{
	struct plane *p = &subject.plane;

	plane_open(p);
	for (uint16_t i = 0; i < PLANE_PORTS; i++) {
		p->port[i].forwarding = i <= c->n_outputs;
		p->wire[i].sock.fd = i;
	}
}

static void set_up(const struct scenario *c)
{
	const struct fdb_config config = { .capacity = CAPACITY, .max_idle = 300, .seed = 7 };
	struct plane *p = &subject.plane;

	set_up_ports(c);
	fdb_free(p->fdb);
	if (fdb_new(&p->fdb, &config))
		abort();
	plane_adopt(p);
	subject.n_ports = c->n_outputs + 1;
	subject.is_flood = c->n_outputs > 1;
	subject.arrived = 0;
	subject.at = 0;
	subject.order = bench_alloc(ROUND * sizeof(*subject.order));
	memset(subject.completed, 0, sizeof(subject.completed));
	for (uint32_t i = 0; i < c->n_addresses; i++) {
		fdb_learn(p->fdb, fdb_key(AT_HOME + i, 0), 0, p->now);
		fdb_learn(p->fdb, fdb_key(AWAY + i, 0), 1, p->now);
	}
	for (uint32_t i = 0; i < ROUND; i++)
		subject.order[i] = i % c->n_addresses;
	bench_shuffle(subject.order, ROUND);
	turn(NULL); /* lends what is to be lent */
}

static void tear_down(void)
{
	complete();
	turn(NULL);
	plane_close(&subject.plane);
	free(subject.order);
}

static void measure(const struct bench *b, const struct scenario *c)
{
	struct bench_row whole = { 0 }, steps[N_STEPS] = { 0 };

	set_up(c);
	run_round(c, false);
	for (int i = 0; i < BENCH_ROUNDS; i++) {
		struct times t = run_round(c, false);

		bench_add(&whole, t.whole, t.n_frames);
		t = run_round(c, true);
		for (int s = 0; s < N_STEPS; s++)
			bench_add(&steps[s], t.steps[s], t.n_frames);
	}
	check_sent(c);
	bench_print(b, c->text, NULL, &whole);
	for (int s = 0; s < N_STEPS; s++)
		bench_print(b, c->text, step_text[s], &steps[s]);
	tear_down();
}

int main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "unicast, an address behind each port", 1, 1, BATCH_FRAMES },
		{ "unicast, 1,000 addresses", 500, 1, BATCH_FRAMES },
		{ "unicast, 64k addresses", CAPACITY / 2, 1, BATCH_FRAMES },
		{ "unicast, 64k addresses, 1,024 frames waiting", CAPACITY / 2, 1, 1024 },
		{ "broadcast to 4 ports", 1, 4, BATCH_FRAMES },
	};
	const struct bench b = bench_open("pipeline", "frame received", argc, argv);

	subject.clock_cost = cost_of_clock();
	for (size_t i = 0; i < ARRAY_SIZE(scenarios); i++)
		measure(&b, &scenarios[i]);
	return 0;
}
