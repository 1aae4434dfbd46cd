/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/control/options.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"xswd: the daemon of xsw, an AF_XDP virtual switch\n"
	"\n"
	"usage: xswd [OPTIONS]\n"
	"\n"
	"  -c, --config FILE        commands to run at start, one a line\n"
	"      --run DIR            socket, lock and state live here (default " RUN_DIR_DEFAULT
	")\n"
	"      --workers CPULIST    one worker on each, e.g. 1 or 2-5,8 (default: the last CPU)\n"
	"      --poll adaptive|busy sleep when idle (default), or spin for the lowest latency\n"
	"      --frames N           packet memory: chunks of 4 KiB per NUMA node (default 8192)\n"
	"      --log LEVEL          error, warn, info (default) or debug\n"
	"      --version, --help\n"
	"\n"
	"Runs in the foreground, as root or with the capabilities NET_ADMIN, NET_RAW, BPF,\n"
	"PERFMON, IPC_LOCK, SYS_ADMIN and SYS_PTRACE. Talk to it with the command xsw.\n";

enum { OPT_RUN = 256, OPT_WORKERS, OPT_POLL, OPT_FRAMES, OPT_LOG, OPT_VERSION };

static const struct option longs[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "run", required_argument, NULL, OPT_RUN },
	{ "workers", required_argument, NULL, OPT_WORKERS },
	{ "poll", required_argument, NULL, OPT_POLL },
	{ "frames", required_argument, NULL, OPT_FRAMES },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int refuse(const char *option, const char *value, const char *expected)
{
	fprintf(stderr, "xswd: %s %s: expected %s\n", option, value, expected);
	return 1;
}

/* Reads a whole number; returns false when there is none at '*text'. */
static bool take_number(const char **text, unsigned long max, unsigned long *out)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	*out = strtoul(*text, &end, 10);
	if (errno || *out > max)
		return false;
	*text = end;
	return true;
}

static bool add_cpus(struct options *o, unsigned long from, unsigned long to)
{
	for (unsigned long cpu = from; cpu <= to; cpu++) {
		for (uint32_t i = 0; i < o->n_workers; i++)
			if (o->cpus[i] == (int)cpu)
				return false;
		if (o->n_workers == WORKER_MAX)
			return false;
		o->cpus[o->n_workers++] = (int)cpu;
	}
	return from <= to;
}

/* "1", "2-5,8": every CPU once, all of them ours to run on. */
static int read_cpus(struct options *o, const char *list)
{
	const char *at = list;
	unsigned long from, to;
	cpu_set_t allowed;

	o->n_workers = 0;
	do {
		if (!take_number(&at, CPU_SETSIZE - 1, &from))
			break;
		to = from;
		if (*at == '-' && (at++, !take_number(&at, CPU_SETSIZE - 1, &to)))
			break;
		if (!add_cpus(o, from, to))
			break;
		if (!*at)
			goto check;
	} while (*at++ == ',');
	return refuse("--workers", list, "a list of CPUs such as 1 or 2-5,8, each once");
check:
	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return 0; /* more CPUs than we can ask about */
	for (uint32_t i = 0; i < o->n_workers; i++)
		if (!CPU_ISSET((size_t)o->cpus[i], &allowed))
			return refuse("--workers", list, "CPUs that exist and that we may run on");
	return 0;
}

static void choose_last_cpu(struct options *o)
{
	cpu_set_t allowed;

	o->n_workers = 1;
	o->cpus[0] = 0;
	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET((size_t)cpu, &allowed))
			o->cpus[0] = cpu;
}

static int read_frames(struct options *o, const char *text)
{
	const char *at = text;
	unsigned long n;

	if (!take_number(&at, FRAMES_MAX, &n) || *at || n < FRAMES_MIN)
		return refuse("--frames", text, "a number from 256 to 1048576");
	o->frames = (uint32_t)n;
	return 0;
}

static int read_option(struct options *o, int option, const char *value)
{
	switch (option) {
	case 'c':
		o->config_file = value;
		return 0;
	case OPT_RUN:
		o->run_dir = value;
		return *value ? 0 : refuse("--run", value, "a directory");
	case OPT_WORKERS:
		return read_cpus(o, value);
	case OPT_POLL:
		o->busy = !strcmp(value, "busy");
		return o->busy || !strcmp(value, "adaptive")
		               ? 0
		               : refuse("--poll", value, "adaptive or busy");
	case OPT_FRAMES:
		return read_frames(o, value);
	case OPT_LOG:
		if (log_level_from(value) < 0)
			return refuse("--log", value, "error, warn, info or debug");
		o->level = (enum log_level)log_level_from(value);
		return 0;
	default:
		fprintf(stderr, "xswd: see `xswd --help`\n");
		return 1;
	}
}

int options_read(struct options *out, int argc, char *argv[])
{
	struct options o = {
		.run_dir = RUN_DIR_DEFAULT,
		.frames = FRAMES_DEFAULT,
		.level = LOG_LEVEL_INFO,
	};
	int option, ret;

	while ((option = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (option == OPT_VERSION) {
			printf("xswd %s\n", XSW_VERSION);
			return 0;
		}
		ret = read_option(&o, option, optarg);
		if (ret)
			return ret;
	}
	if (optind < argc)
		return refuse("xswd", argv[optind], "options only; see `xswd --help`");
	if (!o.n_workers)
		choose_last_cpu(&o);
	*out = o;
	return -1;
}
