/* SPDX-License-Identifier: BSD-2-Clause */
#include "switch/wire/ethtool.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "switch/wire/netdev.h"

#define BLOCK_BITS 32

/* Returns what the ioctl does, 0 or positive, or -errno. */
static int command(int fd, const char *name, void *data)
{
	struct ifreq request = { .ifr_data = data };
	int ret;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	ret = ioctl(fd, SIOCETHTOOL, &request);
	return ret < 0 ? -errno : ret;
}

static size_t n_blocks(const struct ethtool *e)
{
	return (e->n_features + BLOCK_BITS - 1) / BLOCK_BITS;
}

static bool bit(uint32_t block, size_t i)
{
	return block >> i % BLOCK_BITS & 1;
}

/* Kernels differ in how many features they know and in their order. */
static int count_features(struct ethtool *e)
{
	struct ethtool_sset_info *set = calloc(1, sizeof(*set) + sizeof(set->data[0]));
	int ret;

	if (!set)
		return -ENOMEM;
	set->cmd = ETHTOOL_GSSET_INFO;
	set->sset_mask = 1ULL << ETH_SS_FEATURES;
	ret = command(e->fd, e->name, set);
	if (ret >= 0) {
		e->n_features = set->sset_mask ? set->data[0] : 0;
		ret = e->n_features ? 0 : -EOPNOTSUPP;
	}
	free(set);
	return ret;
}

static int read_names(struct ethtool *e)
{
	struct ethtool_gstrings *names;
	int ret;

	e->features = calloc(e->n_features, sizeof(*e->features));
	names = calloc(1, sizeof(*names) + e->n_features * ETH_GSTRING_LEN);
	if (!e->features || !names) {
		free(names);
		return -ENOMEM;
	}
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = (uint32_t)e->n_features;
	ret = command(e->fd, e->name, names);
	for (size_t i = 0; ret >= 0 && i < e->n_features; i++)
		snprintf(e->features[i].name, ETH_GSTRING_LEN, "%s",
		         (const char *)names->data + i * ETH_GSTRING_LEN);
	free(names);
	return ret < 0 ? ret : 0;
}

/* The caller frees 'out'. */
static int read_blocks(const struct ethtool *e, struct ethtool_gfeatures **out)
{
	struct ethtool_gfeatures *get;
	int ret;

	get = calloc(1, sizeof(*get) + n_blocks(e) * sizeof(get->features[0]));
	if (!get)
		return -ENOMEM;
	get->cmd = ETHTOOL_GFEATURES;
	get->size = (uint32_t)n_blocks(e);
	ret = command(e->fd, e->name, get);
	if (ret < 0) {
		free(get);
		return ret;
	}
	*out = get;
	return 0;
}

static int read_state(struct ethtool *e)
{
	struct ethtool_gfeatures *get;
	int ret;

	ret = read_blocks(e, &get);
	if (ret)
		return ret;
	for (size_t i = 0; i < e->n_features; i++) {
		const struct ethtool_get_features_block *b = &get->features[i / BLOCK_BITS];
		struct ethtool_feature *f = &e->features[i];

		f->on = bit(b->active, i);
		f->asked = bit(b->requested, i);
		f->changeable = bit(b->available & ~b->never_changed, i);
	}
	free(get);
	return 0;
}

static int read_all(struct ethtool *e)
{
	int ret;

	ret = count_features(e);
	if (!ret)
		ret = read_names(e);
	if (!ret)
		ret = read_state(e);
	return ret;
}

int ethtool_open(struct ethtool *out, const struct netns *ns, int ifindex)
{
	struct ethtool e = { 0 };
	struct netdev_info info;
	int ret;

	ret = netdev_get_in(ns, ifindex, &info);
	if (ret)
		return ret;
	e.fd = netns_socket(ns, AF_INET, SOCK_DGRAM, 0);
	if (e.fd < 0)
		return e.fd;
	memcpy(e.name, info.name, sizeof(e.name));
	e.is_up = info.up;
	ret = read_all(&e);
	if (ret) {
		ethtool_close(&e);
		return ret;
	}
	*out = e;
	return 0;
}

void ethtool_close(struct ethtool *e)
{
	free(e->features);
	close(e->fd);
	*e = (struct ethtool){ .fd = -1 };
}

struct ethtool_feature *ethtool_find(const struct ethtool *e, const char *name)
{
	for (size_t i = 0; i < e->n_features; i++)
		if (!strcmp(e->features[i].name, name))
			return &e->features[i];
	return NULL;
}

/* Fills in what differs from the kernel's 'get'. Returns whether any does. */
static bool fill_wishes(const struct ethtool *e, const struct ethtool_gfeatures *get,
                        struct ethtool_sfeatures *set)
{
	bool any = false;

	for (size_t i = 0; i < e->n_features; i++) {
		const struct ethtool_feature *f = &e->features[i];
		struct ethtool_set_features_block *b = &set->features[i / BLOCK_BITS];

		if (!f->changeable || f->asked == bit(get->features[i / BLOCK_BITS].requested, i))
			continue;
		b->valid |= 1U << i % BLOCK_BITS;
		b->requested |= (uint32_t)f->asked << i % BLOCK_BITS;
		any = true;
	}
	return any;
}

int ethtool_write(struct ethtool *e)
{
	struct ethtool_gfeatures *get = NULL;
	struct ethtool_sfeatures *set;
	int ret;

	set = calloc(1, sizeof(*set) + n_blocks(e) * sizeof(set->features[0]));
	if (!set)
		return -ENOMEM;
	set->cmd = ETHTOOL_SFEATURES;
	set->size = (uint32_t)n_blocks(e);
	ret = read_blocks(e, &get);
	if (!ret && fill_wishes(e, get, set))
		ret = command(e->fd, e->name, set);
	free(get);
	free(set);
	return ret < 0 ? ret : read_state(e);
}

int netdev_feature(const struct netns *ns, int ifindex, const char *feature)
{
	const struct ethtool_feature *f;
	struct ethtool e;
	int ret;

	ret = ethtool_open(&e, ns, ifindex);
	if (ret)
		return ret;
	f = ethtool_find(&e, feature);
	ret = f ? f->on : -EOPNOTSUPP;
	ethtool_close(&e);
	return ret;
}

static int set_feature(struct ethtool *e, const char *feature, bool on)
{
	struct ethtool_feature *f = ethtool_find(e, feature);
	int ret;

	if (!f)
		return -EOPNOTSUPP;
	f->asked = on;
	ret = ethtool_write(e);
	if (ret)
		return ret;
	return f->on == on ? 0 : -EOPNOTSUPP;
}

int netdev_set_feature(const struct netns *ns, int ifindex, const char *feature, bool on)
{
	struct ethtool e;
	int ret;

	ret = ethtool_open(&e, ns, ifindex);
	if (ret)
		return ret;
	ret = set_feature(&e, feature, on);
	ethtool_close(&e);
	return ret;
}

/* Puts an ethtool command to a device of our own namespace. */
static int ask_device(const char *name, void *data)
{
	const int fd = netns_socket(NULL, AF_INET, SOCK_DGRAM, 0);
	int ret;

	if (fd < 0)
		return fd;
	ret = command(fd, name, data);
	close(fd);
	return ret < 0 ? ret : 0;
}

unsigned int netdev_rx_queues(const char *name)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };

	if (ask_device(name, &channels))
		return 0;
	return channels.rx_count + channels.combined_count;
}

int netdev_driver(const char *name, char *out, size_t size)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	int ret;

	ret = ask_device(name, &info);
	if (ret)
		return ret;
	snprintf(out, size, "%.*s", (int)sizeof(info.driver), info.driver);
	return 0;
}
