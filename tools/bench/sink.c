/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sink: takes the bench's frames at the far end and counts them.
 *
 *   sink xdp|tc|udp IFACE
 *
 * xdp drops them before there is an skb, tc after the kernel has built one, udp
 * reads them from a socket like a real program. Prints "ready"; then answers
 * each line on stdin with "NANOSECONDS FRAMES"; ends at end of file and takes
 * its program away.
 */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_link.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "frame.h"
#include "sink.skel.h"

#define SOCKET_BUFFER (8 << 20)
#define READ_AT_ONCE  64
#define CPUS_MAX      1024

static _Atomic __u64 n_read;

/* --- counting -------------------------------------------------------------------- */

static __u64 counted_by(const struct sink_bpf *skel)
{
	static __u64 each[CPUS_MAX];
	const __u32 zero = 0;
	const int n = libbpf_num_possible_cpus();
	__u64 sum = 0;

	if (n > CPUS_MAX || bpf_map_lookup_elem(bpf_map__fd(skel->maps.frames), &zero, each))
		return 0;
	for (int i = 0; i < n; i++)
		sum += each[i];
	return sum;
}

/* The time is taken right beside the count: a rate is a difference of both. */
static void answer(const struct sink_bpf *skel)
{
	char line[64];

	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		struct timespec t;
		const __u64 frames = skel ? counted_by(skel) : atomic_load(&n_read);

		clock_gettime(CLOCK_MONOTONIC, &t);
		printf("%lld %llu\n", (long long)t.tv_sec * 1000000000 + t.tv_nsec,
		       (unsigned long long)frames);
		fflush(stdout);
	}
}

/* --- a process that reads --------------------------------------------------------- */

static int open_udp(void)
{
	const struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(BENCH_PORT) };
	const int size = SOCKET_BUFFER;
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&here, sizeof(here)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size))) {
		perror("sink: UDP socket");
		return -1;
	}
	return fd;
}

static void *read_all(void *arg)
{
	static char bytes[READ_AT_ONCE][2048];
	static struct iovec iov[READ_AT_ONCE];
	static struct mmsghdr messages[READ_AT_ONCE];
	const int fd = *(const int *)arg;

	for (int i = 0; i < READ_AT_ONCE; i++) {
		iov[i] = (struct iovec){ .iov_base = bytes[i], .iov_len = sizeof(bytes[i]) };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	for (;;) {
		const int n = recvmmsg(fd, messages, READ_AT_ONCE, MSG_WAITFORONE, NULL);

		if (n > 0)
			atomic_fetch_add(&n_read, (__u64)n);
		else if (errno != EINTR)
			return NULL;
	}
}

static int run_udp(void)
{
	static int fd; /* outlives this function: the thread reads until the process ends */
	pthread_t thread;

	fd = open_udp();
	if (fd < 0 || pthread_create(&thread, NULL, read_all, &fd))
		return -1;
	answer(NULL);
	return 0;
}

/* --- dropping ----------------------------------------------------------------------- */

static int run_xdp(const struct sink_bpf *skel, int ifindex)
{
	const int fd = bpf_program__fd(skel->progs.sink_xdp);
	const int ret = bpf_xdp_attach(ifindex, fd, XDP_FLAGS_DRV_MODE, NULL);

	if (ret)
		return ret;
	answer(skel);
	return bpf_xdp_detach(ifindex, XDP_FLAGS_DRV_MODE, NULL);
}

static int run_tc(const struct sink_bpf *skel, int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = bpf_program__fd(skel->progs.sink_tc));
	int ret = bpf_tc_hook_create(&hook);

	if (!ret)
		ret = bpf_tc_attach(&hook, &opts);
	if (!ret)
		answer(skel);
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	bpf_tc_hook_destroy(&hook);
	return ret;
}

static int run_program(const char *kind, const char *iface)
{
	const int ifindex = (int)if_nametoindex(iface);
	struct sink_bpf *skel = ifindex ? sink_bpf__open_and_load() : NULL;
	int ret;

	if (!skel)
		return -1;
	ret = strcmp(kind, "xdp") == 0 ? run_xdp(skel, ifindex) : run_tc(skel, ifindex);
	if (ret)
		fprintf(stderr, "sink: %s on %s: %s\n", kind, iface, strerror(-ret));
	sink_bpf__destroy(skel);
	return ret;
}

int main(int argc, char **argv)
{
	if (argc != 3 || (strcmp(argv[1], "xdp") != 0 && strcmp(argv[1], "tc") != 0 &&
	                  strcmp(argv[1], "udp") != 0)) {
		fprintf(stderr, "usage: sink xdp|tc|udp IFACE\n");
		return 2;
	}
	return (strcmp(argv[1], "udp") == 0 ? run_udp() : run_program(argv[1], argv[2])) ? 1 : 0;
}
