/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "switch/plane/view.h"
#include "switch/plane/crew.h"
#include "switch/wire/arm.h"
#include "switch/wire/netdev.h"
#include "switch/wire/prog.h"
#include "switch/wire/xsock.h"

/*
 * port: what does it take to make a network device a port, and to let it go?
 *
 * A port is wanted by configuration and has a device or not. port_open() does
 * everything the kernel must do for it: bring it up, attach the program, open
 * a socket per receive queue, arm the far end. port_close() undoes all of it
 * in the reverse order. What is wanted survives; the device may return.
 *
 * The way in:  open (sockets, program), publish the view, then port_connect()
 *              tells the program about the port: frames begin to arrive.
 * The way out: port_disconnect(), publish a view without it, port_close().
 *
 * Threads  The control thread only.
 */

enum port_mode {
	PORT_AUTO, /* native where the driver has it, else generic */
	PORT_NATIVE,
	PORT_GENERIC,
};

/* Why a port has no device in use, or nothing better. */
enum port_trouble {
	PORT_FINE,
	PORT_NO_DEVICE,
	PORT_NOT_ETHERNET,
	PORT_LOOPBACK,
	PORT_HAS_MASTER,    /* belongs to a Linux bridge or bond: 'dev.master' */
	PORT_FOREIGN_XDP,   /* 'dev.xdp_prog_id' is not ours */
	PORT_MTU_TOO_LARGE, /* for the sockets of this kernel: 'limit' */
	PORT_CANNOT_ATTACH, /* in the mode that was asked for: 'error' */
	PORT_CANNOT_OPEN,   /* a socket: 'error' and 'queue' */
	PORT_CANNOT_RAISE,  /* bring the device up: 'error' */
	PORT_NO_SLOT,       /* no place in the program's table */
};

/* The details of a trouble. */
struct port_problem {
	enum port_trouble trouble;
	int error; /* an errno */
	uint32_t queue;
	uint32_t limit; /* bytes */
};

/* What a port does without: bits of 'lacks'. */
enum port_lack {
	PORT_LACKS_NATIVE = 1 << 0,   /* 'native_error' says why */
	PORT_LACKS_ZEROCOPY = 1 << 1, /* the driver has none */
	PORT_LACKS_MULTI = 1 << 2,    /* no XDP_USE_SG: long frames are dropped */
	PORT_LACKS_QUEUES = 1 << 3,   /* more queues than sockets */
};

struct port {
	char name[IFNAMSIZ];
	uint16_t number;
	uint16_t bridge;

	/* wanted */
	enum port_mode mode;
	uint32_t queues_wanted; /* 0: all */
	bool enabled;           /* port set up|down */
	bool learning;
	bool flood;
	bool isolated;

	/* the device in use */
	bool present;
	bool connected; /* the program knows it */
	struct netdev_info dev;
	char driver[32];
	bool was_down; /* we brought it up */
	bool generic;
	int link_fd;
	uint32_t lacks; /* enum port_lack */
	int native_error;
	uint32_t device_queues; /* that the device had when it was opened */
	uint32_t n_queues;
	struct view_queue queues[QUEUE_MAX];
	struct arm_report armed;
	struct port_problem problem;

	/* counts of sockets and programs that are gone */
	struct steer_counters past_steer;
	struct xsock_stats past_socks;
};

/* What ports are made with; one for all. */
struct port_kit {
	struct crew *crew;
	struct prog *prog;
	struct arm *arm;
};

/* Sets 'port' to the defaults of a new port with that name and number. */
void port_init(struct port *port, const char *name, uint16_t number, uint16_t bridge);

/* Takes the device called 'port->name' into use. Returns 0, or -1 with the
 * reason in 'port->problem', nothing changed. */
int port_open(struct port *port, const struct port_kit *kit);

/* Frames begin to arrive. Returns 0, or -1 as port_open(). */
int port_connect(struct port *port, const struct port_kit *kit);

/* Frames stop arriving. */
void port_disconnect(struct port *port, const struct port_kit *kit);

/* Lets the device go. No view may name the port any more. */
void port_close(struct port *port, const struct port_kit *kit);

/* True when the device is not any more as it was opened: somebody took our
 * program off, or changed the number of its queues. */
bool port_must_reopen(const struct port *port, const struct netdev_info *now);

/* True when the device can carry frames: up, with carrier, and enabled. */
bool port_is_forwarding(const struct port *port);

/* Returns how the port may be sent to. */
enum view_way port_way(const struct port *port);

/* Fills in what the workers need to know. 'out->queues' points into 'port'. */
void port_describe(const struct port *port, struct view_port *out);

/* Adds up what the kernel counted, over every device this port ever had. */
void port_kernel_stats(const struct port *port, const struct port_kit *kit,
                       struct steer_counters *steer, struct xsock_stats *socks);
