/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdint.h>

#include "switch/frame/batch.h"
#include "switch/plane/fate.h"
#include "switch/plane/view.h"

/*
 * pipeline: where shall this frame go?
 *
 * The only place that decides. Takes a batch as it was received from one port
 * and leaves in each frame its verdict: a port, OUT_FLOOD, or OUT_DROP with a
 * fate. It sends nothing and gives no chunk back; output.h does.
 *
 * Threads  Any worker; all state is in the arguments. The FDB is shared.
 */

/* What one run looks at. */
struct pass {
	const struct view *view;
	const struct view_port *in; /* where the batch came from */
	struct batch *batch;
	uint8_t *area; /* the UMEM, for finishing checksums */
	uint32_t now;  /* seconds */
};

/* Decides about every frame of the batch. */
void pipeline_run(struct pass *pass);

/* Decides whether 'frame' may leave by 'out'. Returns N_FATES, or why not. */
enum fate pipeline_egress(const struct view *view, const struct frame *frame,
                          const struct view_port *out);
