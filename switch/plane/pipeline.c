/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/plane/pipeline.h"

#include "switch/frame/csum.h"
#include "switch/frame/eth.h"

/*
 * The story of a frame, one function per stage over the whole batch. A stage
 * skips frames that an earlier one has dropped.
 */
static void parse(struct pass *pass);
static void admit(struct pass *pass);
static void learn(struct pass *pass);
static void forward(struct pass *pass);

void pipeline_run(struct pass *pass)
{
	parse(pass);
	admit(pass);
	learn(pass);
	forward(pass);
}

static void drop(struct frame *frame, enum fate fate)
{
	frame->out = OUT_DROP;
	frame->fate = (uint16_t)fate;
}

static bool is_dropped(const struct frame *frame)
{
	return frame->out == OUT_DROP;
}

/* The VLAN that a plain port carries a frame in: its outer C-tag's VID. */
static uint16_t vlan_of(const struct parse_l2 *l2)
{
	return l2->n_tags && l2->tpid[0] == ETH_TYPE_VLAN ? l2->tci[0] & 0xfff : 0;
}

/* What is it? And if its sender left the checksum to hardware that this frame
 * never met: finish it. */
static void parse(struct pass *pass)
{
	struct batch *batch = pass->batch;

	for (uint32_t i = 0; i < batch->n; i++) {
		struct frame *f = &batch->frames[i];

		f->out = OUT_FLOOD;
		if (!parse_l2(f->data, f->head.len, &f->l2)) {
			drop(f, FATE_RUNT);
			continue;
		}
		f->vid = vlan_of(&f->l2);
		if (!pass->in->truthful)
			csum_complete(f, batch->more, pass->area);
	}
}

/* May it come in? */
static void admit(struct pass *pass)
{
	for (uint32_t i = 0; i < pass->batch->n; i++) {
		struct frame *f = &pass->batch->frames[i];

		if (is_dropped(f))
			continue;
		if (!pass->in->forwarding)
			drop(f, FATE_PORT_DOWN);
		else if (eth_is_group(f->l2.src_key) || !f->l2.src_key)
			drop(f, FATE_SOURCE_INVALID);
		else if (eth_is_link_control(f->l2.dst_key))
			drop(f, FATE_L2_CONTROL);
	}
}

/* Who sent it, and from where? */
static void learn(struct pass *pass)
{
	struct fdb *fdb = pass->view->bridges[pass->in->bridge]->fdb;

	if (!pass->in->learning)
		return;
	for (uint32_t i = 0; i < pass->batch->n; i++) {
		const struct frame *f = &pass->batch->frames[i];

		if (!is_dropped(f))
			fdb_learn(fdb, fdb_key(f->l2.src_key, f->vid), pass->in->number, pass->now);
	}
}

/* Whom is it for? */
static void forward(struct pass *pass)
{
	const struct fdb *fdb = pass->view->bridges[pass->in->bridge]->fdb;

	for (uint32_t i = 0; i < pass->batch->n; i++) {
		struct frame *f = &pass->batch->frames[i];
		uint16_t port;

		if (is_dropped(f) || eth_is_group(f->l2.dst_key))
			continue;
		port = fdb_lookup(fdb, fdb_key(f->l2.dst_key, f->vid), NULL);
		if (port == pass->in->number)
			drop(f, FATE_SAME_PORT);
		else if (port < PORT_MAX && pass->view->ports[port])
			f->out = port;
	}
}

enum fate pipeline_egress(const struct view *view, const struct frame *frame,
                          const struct view_port *out)
{
	const uint32_t tag = frame->vid ? ETH_VLAN_LEN : 0;

	if (!out->forwarding)
		return FATE_PORT_DOWN;
	if (out->isolated && view->ports[frame->in]->isolated)
		return FATE_ISOLATED;
	if (frame->len > out->max_len + tag)
		return FATE_TOO_LONG;
	return N_FATES;
}
