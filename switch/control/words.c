/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/control/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void words_foreign_program(const struct port *port, char *out, size_t size)
{
	char name[64];

	prog_name(port->dev.xdp_prog_id, name, sizeof(name));
	snprintf(out, size,
	         "another XDP program is attached (%s) and was left alone; "
	         "end the program that holds it, or take it off with: "
	         "ip link set dev %s xdp off",
	         name, port->name);
}

static void words_master(const struct port *port, char *out, size_t size)
{
	char master[IFNAMSIZ];

	if (!if_indextoname((unsigned int)port->dev.master, master))
		snprintf(master, sizeof(master), "number %d", port->dev.master);
	snprintf(out, size,
	         "the device belongs to %s; take it out first with: ip link set dev %s nomaster",
	         master, port->name);
}

static const char *permission_hint(int error)
{
	return error == EPERM || error == EACCES ? " (see `xswd --help` for the rights it needs)"
	                                         : "";
}

void words_problem(const struct port *port, char *out, size_t size)
{
	const struct port_problem *p = &port->problem;

	switch (p->trouble) {
	case PORT_FINE:
		snprintf(out, size, "%s", "");
		break;
	case PORT_NO_DEVICE:
		snprintf(out, size, "no such device");
		break;
	case PORT_NOT_ETHERNET:
		snprintf(out, size, "not an Ethernet device");
		break;
	case PORT_LOOPBACK:
		snprintf(out, size, "the loopback device cannot be a port");
		break;
	case PORT_HAS_MASTER:
		words_master(port, out, size);
		break;
	case PORT_FOREIGN_XDP:
		words_foreign_program(port, out, size);
		break;
	case PORT_MTU_TOO_LARGE:
		snprintf(out, size,
		         "its MTU of %u is too large: AF_XDP of this kernel carries up to %u; "
		         "lower it with: ip link set dev %s mtu %u",
		         port->dev.mtu, p->limit, port->name, p->limit);
		break;
	case PORT_CANNOT_ATTACH:
		snprintf(out, size, "cannot attach the XDP program in %s mode: %s%s",
		         port->generic ? "generic" : "native", strerror(p->error),
		         permission_hint(p->error));
		break;
	case PORT_CANNOT_OPEN:
		snprintf(out, size, "cannot open an AF_XDP socket on queue %u: %s%s", p->queue,
		         p->error == EBUSY ? "another program has one there" : strerror(p->error),
		         permission_hint(p->error));
		break;
	case PORT_CANNOT_RAISE:
		snprintf(out, size, "cannot bring the device up: %s%s", strerror(p->error),
		         permission_hint(p->error));
		break;
	case PORT_NO_SLOT:
		snprintf(out, size, "no place for ifindex %d in the program's table of devices",
		         port->dev.ifindex);
		break;
	}
}

void words_not_forwarding(const struct port *port, char *out, size_t size)
{
	if (!port->present && port->problem.trouble != PORT_FINE)
		words_problem(port, out, size);
	else if (!port->present)
		snprintf(out, size, "the device is gone; the port waits for its return");
	else if (!port->enabled)
		snprintf(out, size, "taken down by command; bring it up with: xsw port set %s up",
		         port->name);
	else if (!port->dev.up)
		snprintf(out, size, "the device is down; bring it up with: ip link set dev %s up",
		         port->name);
	else if (!port->dev.carrier)
		snprintf(out, size, "no carrier: %s",
		         !strcmp(port->dev.kind, "veth") ? "the far end is down"
		                                         : "is the cable in, or the peer running?");
	else
		snprintf(out, size, "%s", "");
}

static const char *words_arm(enum arm_reason reason)
{
	switch (reason) {
	case ARM_OK:
		break;
	case ARM_NO_FAR_END:
		return "the far end's namespace was not found";
	case ARM_NOT_PERMITTED:
		return "the far end may not be changed (CAP_SYS_ADMIN and CAP_SYS_PTRACE are "
		       "needed)";
	case ARM_FIXED:
		return "the far end's settings are fixed";
	case ARM_READER_DECIDES:
		return "whoever has the tap open decides about checksums";
	case ARM_FAILED:
		return "the kernel refused to change the far end";
	}
	return "";
}

static void add_note(json_t *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_note(json_t *notes, const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	json_array_append_new(notes, json_string(line));
}

/* How frames leave, where it is not simply the cheaper way. */
static void add_way(json_t *notes, const struct port *port, bool can_burst)
{
	if (!can_burst) {
		add_note(notes, "sent to by AF_XDP only: bursts are not possible here");
		return;
	}
	switch (port_way(port)) {
	case VIEW_WAY_ANY:
		break;
	case VIEW_WAY_BURST:
		add_note(notes,
		         "sent to by burst only, so that all frames pass its queueing "
		         "discipline (%s)",
		         port->dev.qdisc);
		break;
	case VIEW_WAY_SOCKET:
		if (port->lacks & PORT_LACKS_ZEROCOPY)
			add_note(notes, "sent to by AF_XDP only: %s",
			         !strcmp(port->dev.kind, "tun")
			                 ? "a tap would not say what it drops"
			                 : "its MTU is too large for a burst");
		break;
	}
}

json_t *words_notes(const struct port *port, bool can_burst)
{
	json_t *notes = json_array();
	char line[256];

	words_not_forwarding(port, line, sizeof(line));
	if (line[0])
		add_note(notes, "%s", line);
	if (!port->present)
		return notes;
	if (port->lacks & PORT_LACKS_NATIVE)
		add_note(notes, "generic XDP: the driver (%s) refused native mode: %s",
		         port->driver, strerror(port->native_error));
	if (port->lacks & PORT_LACKS_ZEROCOPY)
		add_note(notes, "copy mode: %s has no zero-copy",
		         port->generic ? "generic XDP" : port->driver);
	if (port->lacks & PORT_LACKS_MULTI)
		add_note(notes,
		         "AF_XDP of this kernel takes no frames of several chunks: "
		         "MTU up to %u (Linux 6.6 and later have more)",
		         port->problem.limit);
	if (port->lacks & PORT_LACKS_QUEUES)
		add_note(notes, "frames on receive queues %u and above are dropped: no-socket",
		         port->n_queues);
	add_way(notes, port, can_burst);
	if (!port->armed.truthful)
		add_note(notes, "checksums are finished in user space: %s",
		         words_arm(port->armed.reason));
	else if (!port->armed.delivers && !strcmp(port->dev.kind, "veth"))
		add_note(notes, "redirected frames would not arrive: %s",
		         words_arm(port->armed.reason));
	return notes;
}
