/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "switch/base/log.h"
#include "switch/plane/view.h"

/*
 * options: how was the daemon started?
 */
struct options {
	const char *config_file; /* -c, or NULL */
	const char *run_dir;
	uint32_t n_workers;
	int cpus[WORKER_MAX];
	bool busy;
	uint32_t frames; /* UMEM chunks per NUMA node */
	enum log_level level;
};

#define RUN_DIR_DEFAULT "/run/xsw"
#define FRAMES_DEFAULT  8192
#define FRAMES_MIN      256
#define FRAMES_MAX      (1u << 20)

/* Reads the command line. Returns -1 to go on, or the exit code: 0 after
 * --help or --version, 1 for a word that was not understood. */
int options_read(struct options *out, int argc, char *argv[]);
