/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stddef.h>

/*
 * complete: what could the user be about to type?
 *
 * Behind `xsw __complete WORDS...`, which the shell's completion calls: words
 * come from the grammar, names from the daemon, so that neither is written
 * down a second time. Says nothing when there is nothing to say.
 */

/* Writes to stdout, one a line, what the last of 'n' words can become. The
 * words may begin with options of the command; 'dir' is used without --run. */
void complete(const char *const words[], size_t n, const char *dir);
