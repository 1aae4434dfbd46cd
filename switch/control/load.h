/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * load: what does the configuration file say?
 *
 * One command a line, in the grammar of `xsw`; `#` starts a comment. A port
 * whose device is not there yet becomes absent and waits for it.
 */
struct config;

/* Runs the commands of 'path'. Returns 0, or -1 at the first line that is
 * refused; the reason is logged with file and line. */
int load_file(struct config *config, const char *path);
