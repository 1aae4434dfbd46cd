/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <jansson.h>

/*
 * client: what does the daemon say to this?
 *
 * One request, one answer, over DIR/ctl.sock (switch/control/rpc.h). Whatever
 * goes wrong becomes an exit code of the command and words for its user.
 */

/* How the command ends. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_USAGE = 1,
	EXIT_REFUSED = 2, /* nothing was changed */
	EXIT_NOT_FOUND = 3,
	EXIT_NOT_RUNNING = 4,
	EXIT_TIMEOUT = 5,
	EXIT_NOT_OPERATIONAL = 65, /* accepted, but a port can't forward */
};

/* Either a result, or an exit code above 0 with words. */
struct client_answer {
	enum exit_code code;
	json_t *result;    /* owned by who called */
	char object[64];   /* what the daemon names as the reason's object, or "" */
	char message[512]; /* UTF-8 */
};

/* Asks the daemon of 'dir' and waits for at most 'seconds'. Fills in 'answer'. */
void client_call(const char *dir, const char *method, const json_t *params, int seconds,
                 struct client_answer *answer);
