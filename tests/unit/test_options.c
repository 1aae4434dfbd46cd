/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/unit.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "switch/control/options.h"

/* Reads one option with its value; both may be NULL. */
static int read_one(struct options *o, const char *option, const char *value)
{
	char *argv[4] = { (char *)"xswd", (char *)option, (char *)value, NULL };
	const int argc = 1 + (option != NULL) + (value != NULL);

	optind = 0; /* start anew, glibc's way */
	return options_read(o, argc, argv);
}

static void defaults_are_one_worker_in_run_xsw(void **state)
{
	struct options o;

	assert_int_equal(read_one(&o, NULL, NULL), -1);
	assert_string_equal(o.run_dir, "/run/xsw");
	assert_int_equal(o.n_workers, 1);
	assert_int_equal(o.frames, FRAMES_DEFAULT);
	assert_false(o.busy);
	assert_null(o.config_file);
}

static void cpu_lists_are_read(void **state)
{
	struct options o;

	assert_int_equal(read_one(&o, "--workers", "0"), -1);
	assert_int_equal(o.n_workers, 1);
	assert_int_equal(o.cpus[0], 0);
}

static void bad_values_are_refused(void **state)
{
	static const char *const bad[][2] = {
		{ "--workers", "" },     { "--workers", "x" },
		{ "--workers", "0," },   { "--workers", "0,0" },
		{ "--workers", "3-1" },  { "--workers", "-1" },
		{ "--workers", "1023" }, { "--workers", "99999" },
		{ "--workers", "0 1" },  { "--poll", "sometimes" },
		{ "--frames", "0" },     { "--frames", "1e9" },
		{ "--frames", "255" },   { "--frames", "99999999999999999999" },
		{ "--log", "loud" },     { "--run", "" },
		{ "--nonsense", NULL },  { "word", NULL },
		{ "--run", NULL },
	};
	struct options o;

	assert_non_null(freopen("/dev/null", "w", stderr));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_one(&o, bad[i][0], bad[i][1]) != 1)
			fail_msg("accepted: %s %s", bad[i][0], bad[i][1] ? bad[i][1] : "");
}

static void good_values_are_taken(void **state)
{
	struct options o;

	assert_int_equal(read_one(&o, "--poll", "busy"), -1);
	assert_true(o.busy);
	assert_int_equal(read_one(&o, "--frames", "256"), -1);
	assert_int_equal(o.frames, 256);
	assert_int_equal(read_one(&o, "--log", "debug"), -1);
	assert_int_equal(o.level, LOG_LEVEL_DEBUG);
	assert_int_equal(read_one(&o, "-c", "file"), -1);
	assert_string_equal(o.config_file, "file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_one_worker_in_run_xsw),
		cmocka_unit_test(cpu_lists_are_read),
		cmocka_unit_test(good_values_are_taken),
		cmocka_unit_test(bad_values_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
