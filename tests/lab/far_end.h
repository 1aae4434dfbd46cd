/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include "space.h"

#include "switch/wire/arm.h"

/* far_end: a veth pair to arm, and what ethtool says of its far end. */
#define JOURNAL "/run/armed"

/*
 *   h0 ══ f0     a pair for each test, f0 here, in 'far', or in a namespace
 *                without a name
 */
static inline int a_pair(void **state)
{
	return geteuid() ? 0
	                 : system("ip link add h0 type veth peer name f0 && "
	                          "ip link set h0 up && ip link set f0 up");
}

static inline int no_pair(void **state)
{
	return geteuid() ? 0
	                 : system("for d in h0 h1 b0 t0; do ip link del $d; done 2>/dev/null;"
	                          "rm -rf " JOURNAL "*");
}

/* Every feature of f0, as ethtool tells; 'at' is how to get there. */
static inline char *features(const char *at)
{
	return output("%s ethtool -k f0", at);
}

/* Whether ethtool's line for a feature says 'value' and no more. */
static inline bool is(const char *listing, const char *feature, const char *value)
{
	char line[128];

	snprintf(line, sizeof(line), "%s: %s\n", feature, value);
	return strstr(listing, line);
}

static inline void assert_features(const char *at, const char *expected)
{
	char *now = features(at);

	assert_string_equal(now, expected);
	free(now);
}

static inline bool journal_is_there(void)
{
	return !access(JOURNAL, F_OK);
}

static inline struct arm *open_arm(void)
{
	struct arm *arm;

	assert_ok(arm_open(&arm, JOURNAL));
	return arm;
}

static inline struct arm_report arm(struct arm *a, const char *name, bool generic)
{
	struct arm_report report;
	struct netdev_info dev;

	assert_ok(netdev_get(name, &dev));
	arm_port(a, &dev, generic, &report);
	return report;
}

static inline int index_of(const char *name)
{
	struct netdev_info dev;

	assert_ok(netdev_get(name, &dev));
	return dev.ifindex;
}

static inline void assert_armed(struct arm_report report)
{
	assert_true(report.delivers);
	assert_true(report.truthful);
	assert_int_equal(report.reason, ARM_OK);
}
