/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * log: what should the administrator read later?
 *
 * Lines go to stderr, with the priority prefix of sd-daemon(3) when stderr is
 * the journal. The packet path counts and never logs.
 */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above 'level' are not written. The default is info. */
void log_set_level(enum log_level level);

/* Reads a level from its name. Returns it, or -EINVAL. */
int log_level_from(const char *name);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
