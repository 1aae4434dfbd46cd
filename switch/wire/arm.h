/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>

#include "switch/wire/netdev.h"

/*
 * arm: does the far end put whole frames on the wire, and take ours?
 *
 * A veth's far end leaves checksums and VLAN tags for hardware that is not
 * there, and drops redirected frames unless its NAPI runs. Arming enters the
 * far end's namespace and sets what is needed:
 *
 *   delivers   far end: rx-gro on
 *   truthful   far end: tx-checksum-*, tx-vlan-hw-insert and
 *              tx-vlan-stag-hw-insert off; in generic mode also all
 *              tx-*-segmentation and tx-gso-list off
 *   a NIC      itself: rx-vlan-hw-parse and rx-vlan-stag-hw-parse off
 *   a tap      nothing can be set: it delivers, but is not truthful
 *
 * Every setting is written to a journal file before it is changed, so that it
 * can be restored on removal, on exit, and by the next start after a crash.
 * What is so already is neither changed nor restored.
 *
 * The journal names the host end by ifindex, kind and MAC address; its name
 * is for the reader. A device that is not the same any more is left alone. A
 * renamed one is the same. One that got another address is the same for the
 * daemon that armed it, as numbers are not given out again while one runs,
 * and for the next one if it was armed again since.
 *
 * Threads  The control thread only.
 */
struct arm;

/* Why a port is not fully armed. */
enum arm_reason {
	ARM_OK,
	ARM_NO_FAR_END,     /* the far end's namespace could not be found */
	ARM_NOT_PERMITTED,  /* it may not be entered or changed */
	ARM_FIXED,          /* the device does not let the setting be changed */
	ARM_READER_DECIDES, /* tap: whoever has it open decides */
	ARM_FAILED,         /* the kernel refused for another reason */
};

struct arm_report {
	bool delivers;          /* redirected frames arrive there, once the far end is up */
	bool truthful;          /* checksums and tags are in the frames */
	enum arm_reason reason; /* why not, when either is false */
};

/* Opens the journal 'path', which need not exist. It belongs in a directory
 * that a reboot empties, as the journal is worth nothing after one. Returns 0
 * or -errno. */
int arm_open(struct arm **out, const char *path);

/* Frees 'arm', which may be NULL. Restores nothing. */
void arm_close(struct arm *arm);

/* Restores what an earlier daemon left in the journal, except for ports that
 * arm_port() has adopted since arm_open(): they stay as they are, and what
 * they were before is remembered. Devices that are gone are forgotten. Returns
 * how many ports were restored. */
int arm_recover(struct arm *arm);

/* Arms the port on 'dev', which must have been read just now, and fills in
 * 'report'. 'generic': XDP runs in generic mode there; restore first when that
 * changes. May be called again, and must be when the device got its carrier:
 * a far end that was down takes redirected frames only then. */
void arm_port(struct arm *arm, const struct netdev_info *dev, bool generic,
              struct arm_report *report);

/* Restores what was changed for 'ifindex', if it is still there, and forgets
 * it. */
void arm_restore(struct arm *arm, int ifindex);
