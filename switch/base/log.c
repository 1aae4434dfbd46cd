/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "switch/base/macros.h"

static enum log_level limit = LOG_LEVEL_INFO;

static const struct {
	const char *name;
	const char *journal; /* syslog priority, as sd-daemon(3) wants it */
	const char *prefix;  /* for people */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", "<3>", "xswd: error: " },
	[LOG_LEVEL_WARN] = { "warn", "<4>", "xswd: warning: " },
	[LOG_LEVEL_INFO] = { "info", "<6>", "xswd: " },
	[LOG_LEVEL_DEBUG] = { "debug", "<7>", "xswd: debug: " },
};

void log_set_level(enum log_level level)
{
	limit = level;
}

int log_level_from(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (!strcmp(name, levels[i].name))
			return (int)i;
	return -EINVAL;
}

__attribute__((format(printf, 2, 0))) static void write_line(enum log_level level,
                                                             const char *format, va_list args)
{
	char line[1024];
	int n;

	if (level > limit)
		return;
	n = snprintf(line, sizeof(line), "%s",
	             getenv("JOURNAL_STREAM") ? levels[level].journal : levels[level].prefix);
	vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
	fprintf(stderr, "%s\n", line);
}

#define DEFINE_LOG(name, level)                                                                    \
	void name(const char *format, ...)                                                         \
	{                                                                                          \
		va_list args;                                                                      \
                                                                                                   \
		va_start(args, format);                                                            \
		write_line(level, format, args);                                                   \
		va_end(args);                                                                      \
	}

DEFINE_LOG(log_error, LOG_LEVEL_ERROR)
DEFINE_LOG(log_warn, LOG_LEVEL_WARN)
DEFINE_LOG(log_info, LOG_LEVEL_INFO)
DEFINE_LOG(log_debug, LOG_LEVEL_DEBUG)
