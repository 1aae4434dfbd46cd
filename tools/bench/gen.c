/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gen: offers frames to a switch, by BPF_PROG_TEST_RUN with live frames.
 *
 *   gen -i IFACE [-t SECONDS] [-s SIZE] [-p PPS] [-f FLOWS] [-m src|dst -n MACS]
 *       [-S MAC] [-D MAC] [-c]
 *
 * One endless test-run (repeat 2^30), ended by a timer: each call makes and
 * destroys a page pool, so there must be few. Runs where it is started: the
 * caller picks namespace and core. -c sends by AF_PACKET instead, paced with
 * sleeps, so that the time of this process is work and not waiting.
 *
 * Prints one line of JSON: frames sent, seconds, frames per second, and the
 * CPU seconds of this process.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_packet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "frame.h"
#include "gen.skel.h"

#define REPEAT         (1u << 30)
#define SIZE_MAX_FRAME 1514
#define SIZE_MIN_FRAME 60
#define TICK_NS        1000000 /* one sendmmsg() a millisecond with -c */
#define TICK_MAX       1024

struct job {
	const char *iface;
	double seconds;
	unsigned int size;
	double pps; /* 0: flat out */
	int by_socket;
	struct gen_setup setup;
};

static volatile sig_atomic_t is_over;

static void on_alarm(int signal)
{
	is_over = 1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double cpu_seconds(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

static void print_result(__u64 frames, double seconds, double cpu)
{
	printf("{\"frames\": %llu, \"seconds\": %.6f, \"pps\": %.1f, \"cpu\": %.3f}\n",
	       (unsigned long long)frames, seconds, seconds > 0 ? (double)frames / seconds : 0.0,
	       cpu);
}

/* --- the frame ---------------------------------------------------------------- */

static void put16(__u8 *at, unsigned int value)
{
	at[0] = (__u8)(value >> 8);
	at[1] = (__u8)value;
}

static unsigned int ip_checksum(const __u8 *header)
{
	unsigned int sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (unsigned int)header[i] << 8 | header[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* 10.0.0.1 to 10.0.0.2; the addresses on Ethernet are there already. */
static void build_headers(__u8 *h, unsigned int size)
{
	static const __u8 ip[] = {
		0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2
	};

	put16(h + BENCH_AT_TYPE, 0x0800);
	memcpy(h + 14, ip, sizeof(ip));
	put16(h + 16, size - 14);
	put16(h + 24, ip_checksum(h + 14));
	put16(h + BENCH_AT_SRC_PORT, BENCH_FIRST_SRC_PORT);
	put16(h + BENCH_AT_DST_PORT, BENCH_PORT);
	put16(h + 38, size - 34);
}

/* --- live frames ---------------------------------------------------------------- */

static int arm_timer(double seconds)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval timer = {
		.it_value = { .tv_sec = (time_t)seconds,
		              .tv_usec = (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6) },
		.it_interval = { .tv_usec = 10000 }, /* should the first come too early */
	};

	return sigaction(SIGALRM, &action, NULL) || setitimer(ITIMER_REAL, &timer, NULL) ? -errno
	                                                                                 : 0;
}

static int run_live(const struct job *job, struct gen_bpf *skel)
{
	unsigned char page[SIZE_MAX_FRAME] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = page, .data_size_in = job->size,
	            .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .repeat = (int)REPEAT);
	double started;
	double seconds;
	int ret = 0;

	ret = arm_timer(job->seconds);
	started = now();
	while (!is_over && !ret) {
		ret = bpf_prog_test_run_opts(bpf_program__fd(skel->progs.gen), &opts);
		if (ret == -EINTR || ret == -EAGAIN)
			ret = 0;
	}
	seconds = now() - started;
	if (skel->bss->last > skel->bss->first)
		seconds = (double)(skel->bss->last - skel->bss->first) * 1e-9;
	if (ret)
		fprintf(stderr, "gen: test-run: %s\n", strerror(-ret));
	else
		print_result(skel->bss->sent, seconds, cpu_seconds());
	return ret;
}

static int by_live_frames(const struct job *job)
{
	struct gen_bpf *skel = gen_bpf__open();
	struct gen_setup *setup;
	int ret;

	if (!skel)
		return -errno;
	setup = (struct gen_setup *)&skel->rodata->setup;
	*setup = job->setup;
	if (job->pps > 0)
		setup->interval = (__u64)(1024e9 / job->pps);
	ret = gen_bpf__load(skel);
	if (!ret)
		ret = run_live(job, skel);
	gen_bpf__destroy(skel);
	return ret;
}

/* --- AF_PACKET ------------------------------------------------------------------- */

static int open_packet_socket(unsigned int ifindex)
{
	const struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)ifindex };
	const int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&to, sizeof(to))) {
		perror("gen: AF_PACKET");
		return -1;
	}
	return fd;
}

static __u64 send_ticks(const struct job *job, int fd, struct mmsghdr *messages)
{
	const double per_tick = job->pps * TICK_NS * 1e-9;
	struct timespec next;
	double owed = 0;
	__u64 sent = 0;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (double tick = 0; tick < job->seconds * 1e9 / TICK_NS; tick++) {
		owed += per_tick;
		const unsigned int n = owed < TICK_MAX ? (unsigned int)owed : TICK_MAX;
		const int ret = n ? sendmmsg(fd, messages, n, 0) : 0;

		owed -= n;
		sent += ret > 0 ? (unsigned int)ret : 0;
		next.tv_nsec += TICK_NS;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return sent;
}

static int by_socket(const struct job *job)
{
	static struct mmsghdr messages[TICK_MAX];
	unsigned char frame[SIZE_MAX_FRAME] = { 0 };
	struct iovec iov = { .iov_base = frame, .iov_len = job->size };
	const int fd = open_packet_socket(job->setup.ifindex);
	double started;
	double cpu;
	__u64 sent;

	if (fd < 0)
		return -1;
	memcpy(frame, job->setup.headers, BENCH_HEADERS);
	for (int i = 0; i < TICK_MAX; i++)
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 };
	started = now();
	cpu = cpu_seconds();
	sent = send_ticks(job, fd, messages);
	print_result(sent, now() - started, cpu_seconds() - cpu);
	close(fd);
	return 0;
}

/* --- the command line -------------------------------------------------------------- */

static int read_mac(const char *text, __u8 *mac)
{
	return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3],
	              &mac[4], &mac[5]) == 6
	               ? 0
	               : -1;
}

static int usage(void)
{
	fprintf(stderr, "usage: gen -i IFACE [-t SECONDS] [-s SIZE] [-p PPS] [-f FLOWS]\n"
	                "           [-m src|dst -n MACS] [-S MAC] [-D MAC] [-c]\n");
	return 2;
}

static int read_options(struct job *job, int argc, char **argv)
{
	__u8 *headers = job->setup.headers;
	const char *turn = "";
	__u32 macs = 0;
	int bad = 0;
	int option;

	while ((option = getopt(argc, argv, "i:t:s:p:f:m:n:S:D:c")) != -1) {
		switch (option) {
		case 'i':
			job->iface = optarg;
			break;
		case 't':
			job->seconds = atof(optarg);
			break;
		case 's':
			job->size = (unsigned int)atoi(optarg);
			break;
		case 'p':
			job->pps = atof(optarg);
			break;
		case 'f':
			job->setup.flows = (__u32)atoi(optarg);
			break;
		case 'm':
			turn = optarg;
			break;
		case 'n':
			macs = (__u32)atoi(optarg);
			break;
		case 'S':
			bad |= read_mac(optarg, headers + BENCH_AT_SRC_MAC);
			break;
		case 'D':
			bad |= read_mac(optarg, headers + BENCH_AT_DST_MAC);
			break;
		case 'c':
			job->by_socket = 1;
			break;
		default:
			bad = 1;
		}
	}
	*(*turn == 's' ? &job->setup.src_macs : &job->setup.dst_macs) = macs;
	return bad || !job->iface || job->size < SIZE_MIN_FRAME || job->size > SIZE_MAX_FRAME ||
	       (job->by_socket && job->pps <= 0);
}

int main(int argc, char **argv)
{
	struct job job = {
		.seconds = 1,
		.size = 64,
		.setup = { .headers = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 }, .flows = 1 },
	};

	if (read_options(&job, argc, argv))
		return usage();
	job.setup.ifindex = if_nametoindex(job.iface);
	if (!job.setup.ifindex) {
		fprintf(stderr, "gen: no device %s here\n", job.iface);
		return 1;
	}
	build_headers(job.setup.headers, job.size);
	return (job.by_socket ? by_socket(&job) : by_live_frames(&job)) ? 1 : 0;
}
