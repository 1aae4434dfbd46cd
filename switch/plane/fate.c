/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/plane/fate.h"

static const char *const names[N_FATES] = {
	[FATE_RUNT] = "runt",
	[FATE_PORT_DOWN] = "port-down",
	[FATE_SOURCE_INVALID] = "source-invalid",
	[FATE_L2_CONTROL] = "l2-control",
	[FATE_SAME_PORT] = "same-port",
	[FATE_NO_DESTINATION] = "no-destination",
	[FATE_ISOLATED] = "isolated",
	[FATE_TOO_LONG] = "too-long",
	[FATE_NO_FRAMES] = "no-frames",
	[FATE_HANDOVER_FULL] = "handover-full",
	[FATE_PORT_GONE] = "port-gone",
	[FATE_TX_RING_FULL] = "tx-ring-full",
	[FATE_BURST_FAILED] = "burst-failed",
	[FATE_DEVICE_REFUSED] = "device-refused",
};

const char *fate_name(enum fate fate)
{
	return names[fate];
}
