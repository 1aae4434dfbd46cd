/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * space: network namespaces of a test's own.
 *
 * The program moves into a network namespace and a mount namespace with an
 * empty /run, so that all it makes, names of namespaces too, is gone with it,
 * however it ends.
 */

/* cmocka wants these four first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define assert_ok(call) assert_int_equal((call), 0)

/* First in every test. */
static inline void needs_root(void)
{
	if (geteuid()) {
		print_message("# needs root\n");
		skip();
	}
}

/* Runs a shell command, which must succeed. */
static inline void __attribute__((format(printf, 1, 2))) run(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command))
		fail_msg("failed: %s", command);
}

/* Returns what a shell command prints, to be freed. */
static inline char *__attribute__((format(printf, 1, 2))) output(const char *format, ...)
{
	char command[512], *text = calloc(1, 65536);
	va_list args;
	FILE *pipe;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	pipe = popen(command, "r");
	if (!pipe || !text || !fread(text, 1, 65535, pipe) || pclose(pipe))
		fail_msg("failed: %s", command);
	return text;
}

/* Group setup. */
static inline int space_enter(void **state)
{
	if (geteuid())
		return 0;
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL))
		return -1;
	return system("ip link set lo up && ip netns add far");
}

/* Starts a process that does nothing but hold a namespace without a name. */
static inline pid_t space_hold(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_ok(pipe(ready));
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static inline void space_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Runs 'body' in a process of its own and returns what it returns, 0 to 127. */
static inline int space_apart(int (*body)(void *arg), void *arg)
{
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (!pid)
		_exit(body(arg));
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}
