/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/wire/arm.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "switch/base/log.h"
#include "switch/base/macros.h"
#include "switch/wire/ethtool.h"
#include "switch/wire/journal.h"
#include "switch/wire/netns.h"

struct arm {
	struct journal journal;
};

/* What a feature must be like. */
struct need {
	const char *features; /* a pattern */
	bool on;
	bool generic_only;
};

static const struct need far_end_needs[] = {
	{ .features = "rx-gro", .on = true },
	{ .features = "tx-checksum-*" },
	{ .features = "tx-vlan-hw-insert" },
	{ .features = "tx-vlan-stag-hw-insert" },
	{ .features = "tx-*-segmentation", .generic_only = true },
	{ .features = "tx-gso-list", .generic_only = true },
};

static const struct need own_needs[] = {
	{ .features = "rx-vlan-hw-parse" },
	{ .features = "rx-vlan-stag-hw-parse" },
};

/* The device whose settings matter for a port: its far end, or itself. */
struct target {
	struct ethtool settings;
	const struct need *needs;
	size_t n_needs;
	bool generic;
};

static bool is_veth(const char *kind)
{
	return !strcmp(kind, "veth");
}

static bool is_tap(const struct netdev_info *dev)
{
	return !strcmp(dev->kind, "tun");
}

int arm_open(struct arm **out, const char *path)
{
	struct arm *arm = calloc(1, sizeof(*arm));
	int ret;

	if (!arm)
		return -ENOMEM;
	ret = journal_open(&arm->journal, path);
	if (ret) {
		free(arm);
		return ret;
	}
	*out = arm;
	return 0;
}

void arm_close(struct arm *arm)
{
	if (!arm)
		return;
	journal_close(&arm->journal);
	free(arm);
}

static void save(const struct journal *journal)
{
	const int ret = journal_save(journal);

	if (ret)
		log_warn("%s cannot be written: %s", journal->path, strerror(-ret));
}

static int open_far_end(struct ethtool *out, const struct netdev_info *dev)
{
	struct netns ns = { .fd = -1 };
	int ret = 0;

	if (!dev->peer)
		return -ESRCH;
	if (dev->peer_nsid >= 0)
		ret = netns_open_nsid(&ns, dev->peer_nsid);
	if (ret)
		return ret;
	ret = ethtool_open(out, &ns, dev->peer);
	netns_close(&ns);
	return ret;
}

static int open_target(struct target *out, const struct netdev_info *dev, bool generic)
{
	const bool far = is_veth(dev->kind);

	*out = (struct target){
		.needs = far ? far_end_needs : own_needs,
		.n_needs = far ? ARRAY_SIZE(far_end_needs) : ARRAY_SIZE(own_needs),
		.generic = generic,
	};
	return far ? open_far_end(&out->settings, dev)
	           : ethtool_open(&out->settings, NULL, dev->ifindex);
}

/* What 'feature' must be like here, or NULL when it does not matter. */
static const struct need *need_of(const struct target *t, const char *feature)
{
	for (size_t i = 0; i < t->n_needs; i++)
		if ((t->generic || !t->needs[i].generic_only) &&
		    !fnmatch(t->needs[i].features, feature, 0))
			return &t->needs[i];
	return NULL;
}

/* Whether any feature that must be 'on' (or off) is not. */
static bool lacks(const struct target *t, bool on)
{
	for (size_t i = 0; i < t->settings.n_features; i++) {
		const struct ethtool_feature *f = &t->settings.features[i];
		const struct need *need = need_of(t, f->name);

		if (need && need->on == on && f->on != on)
			return true;
	}
	return false;
}

/* Asks for what is needed and not so, and notes what was. Features that are
 * as needed are nobody's business, whatever was asked of them. */
static int ask(struct target *t, struct journal_port *port)
{
	for (size_t i = 0; i < t->settings.n_features; i++) {
		struct ethtool_feature *f = &t->settings.features[i];
		const struct need *need = need_of(t, f->name);
		int ret;

		if (!need || !f->changeable || f->on == need->on || f->asked == need->on)
			continue;
		ret = journal_note(port, f->name, f->asked);
		if (ret)
			return ret;
		f->asked = need->on;
	}
	return 0;
}

static bool is_same(const struct journal_port *port, const struct netdev_info *dev)
{
	if (strcmp(port->kind, dev->kind))
		return false;
	return !port->is_inherited || !memcmp(port->mac, dev->mac, sizeof(port->mac));
}

/* The journal's entry for 'dev'. */
static struct journal_port *entry_for(struct journal *journal, const struct netdev_info *dev)
{
	struct journal_port *port = journal_find(journal, dev->ifindex);

	if (port && !is_same(port, dev)) {
		journal_del(journal, port);
		port = NULL;
	}
	return port ? port : journal_add(journal, dev);
}

/* Brings the name and the address up to date. Returns whether they differed. */
static bool rename_entry(struct journal_port *port, const struct netdev_info *dev)
{
	const bool differs =
		strcmp(port->name, dev->name) || memcmp(port->mac, dev->mac, sizeof(port->mac));

	memcpy(port->name, dev->name, sizeof(port->name));
	memcpy(port->mac, dev->mac, sizeof(port->mac));
	return differs;
}

/* Writes down what is about to be changed, when it is not in the file yet. */
static int write_down(struct journal *journal, const struct netdev_info *dev, struct target *t)
{
	struct journal_port *port = entry_for(journal, dev);
	size_t n_before;
	bool renamed;
	int ret;

	if (!port)
		return -ENOMEM;
	port->is_inherited = false;
	n_before = port->n_settings;
	renamed = rename_entry(port, dev);
	ret = ask(t, port);
	if (!ret && (renamed || port->n_settings > n_before))
		ret = journal_save(journal);
	if (ret)
		port->n_settings = n_before; /* not in the file: to be written next time */
	return ret;
}

static int set_needs(struct journal *journal, const struct netdev_info *dev, struct target *t)
{
	int ret;

	ret = write_down(journal, dev, t);
	if (ret) {
		log_warn("%s: not armed, %s cannot be written: %s", dev->name, journal->path,
		         strerror(-ret));
		return ret;
	}
	ret = ethtool_write(&t->settings);
	if (ret)
		log_warn("%s: cannot set features of %s: %s", dev->name, t->settings.name,
		         strerror(-ret));
	return ret;
}

static enum arm_reason reason_of(int ret)
{
	switch (ret) {
	case -ESRCH:
	case -ENODEV:
		return ARM_NO_FAR_END;
	case -EPERM:
	case -EACCES:
		return ARM_NOT_PERMITTED;
	default:
		return ARM_FAILED;
	}
}

static int set_gro(struct ethtool *settings, struct ethtool_feature *gro, bool on)
{
	gro->asked = on;
	return ethtool_write(settings);
}

/* Turns the far end's GRO off and on. */
static int toggle_gro(struct journal *journal, struct journal_port *port, struct target *t)
{
	struct ethtool_feature *gro = ethtool_find(&t->settings, "rx-gro");
	const size_t n_before = port->n_settings;
	int ret, back;

	if (!gro || !gro->on || !gro->asked || !gro->changeable)
		return 0;
	ret = journal_note(port, gro->name, true);
	if (!ret && port->n_settings > n_before)
		ret = journal_save(journal);
	if (!ret)
		ret = set_gro(&t->settings, gro, false);
	back = set_gro(&t->settings, gro, true);
	if (port->n_settings == n_before)
		return ret ? ret : back;
	journal_unnote(port, gro->name);
	save(journal);
	return ret ? ret : back;
}

/* A far end whose GRO was turned on while it was down does not become a target
 * by coming up, only by having GRO turned on again. This is tried once: where
 * it does not help, each try would cause the event that leads to the next. */
static void wake_far_end(struct journal *journal, const struct netdev_info *dev, struct target *t)
{
	struct journal_port *port = journal_find(journal, dev->ifindex);
	uint64_t xdp;
	int ret;

	if (!port || port->is_deaf || !is_veth(dev->kind) || !t->settings.is_up ||
	    netdev_xdp_features(dev->ifindex, &xdp) || xdp & NETDEV_XDP_TARGET)
		return;
	ret = toggle_gro(journal, port, t);
	if (ret)
		log_warn("%s: cannot toggle GRO of %s: %s", dev->name, t->settings.name,
		         strerror(-ret));
	port->is_deaf = !netdev_xdp_features(dev->ifindex, &xdp) && !(xdp & NETDEV_XDP_TARGET);
}

/* The kernel knows best. It does not tell before 6.3, nor of a far end that is
 * down: then GRO there decides. Of devices other than veths nothing is known
 * in the first case. */
static bool is_redirect_target(const struct netdev_info *dev, const struct target *t)
{
	const bool has_gro = t && is_veth(dev->kind) && !lacks(t, true);
	uint64_t xdp;

	if (netdev_xdp_features(dev->ifindex, &xdp))
		return has_gro;
	if (xdp & NETDEV_XDP_TARGET)
		return true;
	return has_gro && !t->settings.is_up && xdp & NETDEV_XDP_NATIVE;
}

/* 'ret' is how setting what is needed went. */
static void judge(const struct netdev_info *dev, const struct target *t, int ret,
                  struct arm_report *report)
{
	report->delivers = is_redirect_target(dev, t);
	report->truthful = !lacks(t, false);
	if (report->delivers && report->truthful)
		report->reason = ARM_OK;
	else if (ret)
		report->reason = reason_of(ret);
	else
		report->reason = ARM_FIXED;
}

void arm_port(struct arm *arm, const struct netdev_info *dev, bool generic,
              struct arm_report *report)
{
	struct target target;
	int ret;

	*report = (struct arm_report){ .delivers = true, .reason = ARM_READER_DECIDES };
	if (is_tap(dev))
		return;
	ret = open_target(&target, dev, generic);
	if (ret) {
		report->delivers = is_redirect_target(dev, NULL);
		report->reason = reason_of(ret);
		return;
	}
	ret = set_needs(&arm->journal, dev, &target);
	if (!ret)
		wake_far_end(&arm->journal, dev, &target);
	judge(dev, &target, ret, report);
	ethtool_close(&target.settings);
}

static int put_back(const struct journal_port *port, const struct netdev_info *dev)
{
	struct target target;
	int ret;

	ret = open_target(&target, dev, false);
	if (ret)
		return ret;
	for (size_t i = 0; i < port->n_settings; i++) {
		struct ethtool_feature *f =
			ethtool_find(&target.settings, port->settings[i].feature);

		if (f)
			f->asked = port->settings[i].was_asked;
	}
	ret = ethtool_write(&target.settings);
	ethtool_close(&target.settings);
	return ret;
}

/* Returns whether the device was there and is as before. */
static bool restore(const struct journal_port *port)
{
	struct netdev_info dev;
	int ret;

	if (!port->n_settings || netdev_get_index(port->ifindex, &dev) || !is_same(port, &dev))
		return false;
	ret = put_back(port, &dev);
	if (ret)
		log_warn("%s: cannot restore %zu features: %s", dev.name, port->n_settings,
		         strerror(-ret));
	return !ret;
}

int arm_recover(struct arm *arm)
{
	struct journal_port *port = arm->journal.ports;
	int n = 0;

	while (port) {
		struct journal_port *next = port->next;

		if (port->is_inherited) {
			n += restore(port);
			journal_del(&arm->journal, port);
		}
		port = next;
	}
	save(&arm->journal);
	return n;
}

void arm_restore(struct arm *arm, int ifindex)
{
	struct journal_port *port = journal_find(&arm->journal, ifindex);

	if (!port)
		return;
	restore(port);
	journal_del(&arm->journal, port);
	save(&arm->journal);
}
