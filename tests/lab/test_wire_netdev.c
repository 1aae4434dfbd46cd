/* SPDX-License-Identifier: BSD-2-Clause */
#include "space.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "switch/base/macros.h"
#include "switch/wire/netdev.h"
#include "switch/wire/netns.h"

/*
 *   h0 ══ f0     a pair for each test, both ends here at first
 */
static int a_pair(void **state)
{
	return geteuid() ? 0
	                 : system("ip link add h0 type veth peer name f0 && "
	                          "ip link set h0 up && ip link set f0 up");
}

/* The test may have renamed it, or moved it away. */
static int no_pair(void **state)
{
	return geteuid() ? 0
	                 : system("for d in h0 h1 b0 t0; do ip link del $d; done 2>/dev/null;"
	                          "ip -n far link del f0 2>/dev/null; true");
}

static struct netdev_info get(const char *name)
{
	struct netdev_info info;

	assert_ok(netdev_get(name, &info));
	return info;
}

static void fields_are_those_of_the_device(void **state)
{
	static const uint8_t mac[] = { 0x02, 0, 0, 0x11, 0x22, 0x33 };
	struct netdev_info h0, f0;

	needs_root();
	run("ip link set h0 mtu 1400 address 02:00:00:11:22:33");
	h0 = get("h0");
	f0 = get("f0");
	assert_string_equal(h0.name, "h0");
	assert_string_equal(h0.kind, "veth");
	assert_memory_equal(h0.mac, mac, sizeof(mac));
	assert_int_equal(h0.mtu, 1400);
	assert_int_equal(h0.max_mtu, 65535);
	assert_true(h0.is_ethernet && h0.up && h0.carrier && !h0.is_loopback);
	assert_int_equal(h0.peer, f0.ifindex);
	assert_int_equal(f0.peer, h0.ifindex);
	assert_int_equal(h0.peer_nsid, -1);
	assert_int_equal(h0.master, 0);
	assert_int_equal(h0.xdp_prog_id, 0);
}

static void only_veths_have_a_peer(void **state)
{
	struct netdev_info lo;

	needs_root();
	assert_ok(netdev_get_index(1, &lo));
	assert_string_equal(lo.name, "lo");
	assert_string_equal(lo.kind, "");
	assert_true(lo.is_loopback && !lo.is_ethernet);
	assert_int_equal(lo.peer, 0);
	assert_int_equal(lo.peer_nsid, -1);
}

static void bridge_port_has_a_master(void **state)
{
	needs_root();
	run("ip link add b0 type bridge && ip link set h0 master b0");
	assert_int_equal(get("h0").master, get("b0").ifindex);
	assert_string_equal(get("b0").kind, "bridge");
	assert_false(get("b0").up);
}

static void no_other_name_is_taken(void **state)
{
	static const char *const names[] = { "h9", "", "0123456789abcdef", "alternative" };
	struct netdev_info info = { .mtu = 77 };

	needs_root();
	run("ip link property add dev h0 altname alternative");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(netdev_get(names[i], &info), -ENODEV);
	assert_int_equal(netdev_get_index(99999, &info), -ENODEV);
	assert_int_equal(netdev_get_index(0, &info), -ENODEV);
	assert_int_equal(info.mtu, 77);
}

/* A program that passes every frame. */
static int pass_program(void)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const int fd =
		bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "BSD", code, ARRAY_SIZE(code), NULL);

	assert_true(fd >= 0);
	return fd;
}

static void attached_program_is_seen(void **state)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);
	int fd;

	needs_root();
	fd = pass_program();
	assert_ok(bpf_obj_get_info_by_fd(fd, &info, &size));
	assert_ok(bpf_xdp_attach(get("h0").ifindex, fd, XDP_FLAGS_SKB_MODE, NULL));
	assert_int_equal(get("h0").xdp_mode, XDP_ATTACHED_SKB);
	assert_int_equal(get("h0").xdp_prog_id, info.id);

	assert_ok(bpf_xdp_detach(get("h0").ifindex, XDP_FLAGS_SKB_MODE, NULL));
	assert_ok(bpf_xdp_attach(get("h0").ifindex, fd, XDP_FLAGS_DRV_MODE, NULL));
	assert_int_equal(get("h0").xdp_mode, XDP_ATTACHED_DRV);
	assert_int_equal(get("h0").xdp_prog_id, info.id);
	close(fd);
}

static void set_up_sets_up_and_down(void **state)
{
	needs_root();
	assert_ok(netdev_set_up(get("h0").ifindex, false));
	assert_false(get("h0").up);
	assert_false(get("h0").carrier);
	assert_false(get("f0").carrier);
	assert_ok(netdev_set_up(get("h0").ifindex, true));
	assert_true(get("h0").up && get("h0").carrier);
	assert_int_equal(netdev_set_up(99999, true), -ENODEV);
	assert_int_equal(netdev_set_up(0, true), -ENODEV);
}

static void driver_and_queues_are_told(void **state)
{
	char driver[32] = "unchanged";
	uint64_t xdp;

	needs_root();
	assert_int_equal(netdev_driver("h9", driver, sizeof(driver)), -ENODEV);
	assert_string_equal(driver, "unchanged");
	assert_ok(netdev_driver("h0", driver, sizeof(driver)));
	assert_string_equal(driver, "veth");

	assert_int_equal(netdev_rx_queues("h0"), 1);
	run("ethtool -L h0 rx 2");
	assert_int_equal(netdev_rx_queues("h0"), 2);
	assert_int_equal(netdev_rx_queues("lo"), 0);
	assert_int_equal(netdev_rx_queues("h9"), 0);

	assert_ok(netdev_xdp_features(get("h0").ifindex, &xdp));
	assert_int_equal(xdp, NETDEV_XDP_NATIVE | NETDEV_XDP_REDIRECT | NETDEV_XDP_RX_SG);
	run("ethtool -K f0 gro on");
	assert_ok(netdev_xdp_features(get("h0").ifindex, &xdp));
	assert_true(xdp & NETDEV_XDP_TARGET && xdp & NETDEV_XDP_TARGET_SG);
	assert_int_equal(netdev_xdp_features(99999, &xdp), -ENODEV);
}

/* Opens where h0's far end lives and reads that end. */
static struct netdev_info far_end(struct netns *ns)
{
	const struct netdev_info h0 = get("h0");
	struct netdev_info info;

	assert_true(h0.peer_nsid >= 0);
	assert_ok(netns_open_nsid(ns, h0.peer_nsid));
	assert_ok(netdev_get_in(ns, h0.peer, &info));
	return info;
}

static ino_t current_netns(void)
{
	struct stat st;

	assert_ok(stat("/proc/thread-self/ns/net", &st));
	return st.st_ino;
}

static void far_end_is_found_by_name_of_its_namespace(void **state)
{
	struct netns ns;
	ino_t home;

	needs_root();
	home = current_netns();
	run("ip link set f0 netns far && ip -n far link set f0 name wan mtu 1300");
	assert_string_equal(far_end(&ns).name, "wan");
	assert_int_equal(current_netns(), home);
	netns_close(&ns);
	run("ip -n far link set wan name f0");
}

static void far_end_is_found_by_process_of_its_namespace(void **state)
{
	struct netns ns;
	pid_t holder;

	needs_root();
	holder = space_hold();
	run("ip link set f0 netns %d", holder);
	assert_string_equal(far_end(&ns).name, "f0");
	space_end(holder);
	netns_close(&ns);
}

/* In a container not even root may look at every process; then a namespace
 * that is not found may be one of theirs. */
static int not_found(void)
{
	const int denied =
		system("for p in /proc/[0-9]*; do readlink -v $p/ns/net; done 2>&1 >/dev/null |"
	               "grep -q 'Permission denied'");

	return denied ? -ESRCH : -EPERM;
}

static void namespace_nobody_leads_to_is_not_found(void **state)
{
	struct netns ns = { .fd = -7 };
	char path[64];
	pid_t holder;
	int fd;

	needs_root();
	assert_int_equal(netns_open_nsid(&ns, 4711), not_found());
	assert_int_equal(netns_open_nsid(&ns, -1), -ESRCH);

	holder = space_hold();
	run("ip link set f0 netns %d", holder);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", holder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	space_end(holder);
	assert_true(get("h0").peer_nsid >= 0);
	assert_int_equal(netns_open_nsid(&ns, get("h0").peer_nsid), not_found());
	assert_int_equal(ns.fd, -7);
	close(fd);
}

static int drop(unsigned int capability)
{
	capng_get_caps_process();
	capng_update(CAPNG_DROP, CAPNG_EFFECTIVE, capability);
	return capng_apply(CAPNG_SELECT_CAPS);
}

static int enter_without_right(void *arg)
{
	struct netdev_info info;
	const struct netns *ns = arg;

	return drop(CAP_SYS_ADMIN) ? 1 : -netdev_get_in(ns, 1, &info);
}

static int open_without_right(void *arg)
{
	struct netns ns;

	return drop(CAP_SYS_ADMIN) || drop(CAP_SYS_PTRACE) ? 1 : -netns_open_nsid(&ns, 4711);
}

static int set_without_right(void *arg)
{
	return drop(CAP_NET_ADMIN) ? 1
	                           : -netdev_set_feature(NULL, get("f0").ifindex, "rx-gro", true);
}

static void lack_of_rights_is_told(void **state)
{
	struct netns ns;

	needs_root();
	assert_int_equal(space_apart(set_without_right, NULL), EPERM);
	run("ip link set f0 netns far");
	far_end(&ns);
	assert_int_equal(space_apart(enter_without_right, &ns), EPERM);
	assert_int_equal(space_apart(open_without_right, NULL), EPERM);
	netns_close(&ns);
}

static void features_are_read_and_set(void **state)
{
	int f0;

	needs_root();
	f0 = get("f0").ifindex;
	assert_int_equal(netdev_feature(NULL, f0, "rx-gro"), 0);
	assert_ok(netdev_set_feature(NULL, f0, "rx-gro", true));
	assert_int_equal(netdev_feature(NULL, f0, "rx-gro"), 1);
	run("ethtool -k f0 | grep -q '^generic-receive-offload: on$'");
	run("ethtool -k h0 | grep -q '^generic-receive-offload: off$'");
	assert_ok(netdev_set_feature(NULL, f0, "rx-gro", false));
	assert_int_equal(netdev_feature(NULL, f0, "rx-gro"), 0);
	assert_int_equal(netdev_feature(NULL, 99999, "rx-gro"), -ENODEV);
}

static void features_are_set_in_another_namespace(void **state)
{
	struct netns ns;
	int f0;

	needs_root();
	run("ip link set f0 netns far");
	f0 = far_end(&ns).ifindex;
	assert_int_equal(netdev_feature(&ns, f0, "tx-checksum-ip-generic"), 1);
	assert_ok(netdev_set_feature(&ns, f0, "tx-checksum-ip-generic", false));
	assert_int_equal(netdev_feature(&ns, f0, "tx-checksum-ip-generic"), 0);
	run("ip netns exec far ethtool -k f0 | grep -q 'tx-checksum-ip-generic: off$'");
	netns_close(&ns);
}

static void some_features_cannot_be_set(void **state)
{
	int f0;

	needs_root();
	f0 = get("f0").ifindex;
	assert_int_equal(netdev_feature(NULL, f0, "tx-magic"), -EOPNOTSUPP);
	assert_int_equal(netdev_set_feature(NULL, f0, "tx-magic", false), -EOPNOTSUPP);
	assert_int_equal(netdev_set_feature(NULL, f0, "rx-all", true), -EOPNOTSUPP);
	assert_ok(netdev_set_feature(NULL, f0, "rx-all", false));

	assert_ok(netdev_set_feature(NULL, f0, "tx-checksum-ip-generic", false));
	assert_int_equal(netdev_set_feature(NULL, f0, "tx-tcp-segmentation", true), -EOPNOTSUPP);
}

/* What the watch told of one device. */
struct told {
	char name[IFNAMSIZ];
	int n_changed, n_gone, n_lost;
	struct netdev_info last;
};

static void note(enum netdev_event event, const struct netdev_info *info, void *arg)
{
	struct told *told = arg;

	if (event == NETDEV_LOST) {
		assert_null(info);
		told->n_lost++;
		return;
	}
	if (strcmp(info->name, told->name))
		return;
	told->last = *info;
	if (event == NETDEV_CHANGED)
		told->n_changed++;
	else
		told->n_gone++;
}

static struct netdev_watch *watch_of(struct told *told, const char *name)
{
	struct netdev_watch *watch;

	*told = (struct told){ 0 };
	snprintf(told->name, sizeof(told->name), "%s", name);
	assert_ok(netdev_watch_open(&watch, note, told));
	return watch;
}

static void changes_are_told(void **state)
{
	struct netdev_watch *watch;
	struct told told;

	needs_root();
	watch = watch_of(&told, "h0");
	netdev_watch_read(watch);
	assert_int_equal(told.n_changed, 0);
	run("ip link set h0 mtu 1280");
	netdev_watch_read(watch);
	assert_true(told.n_changed > 0);
	assert_int_equal(told.last.mtu, 1280);
	assert_string_equal(told.last.kind, "veth");
	assert_int_equal(told.last.peer, get("f0").ifindex);
	run("ip link set f0 netns far");
	netdev_watch_read(watch);
	assert_false(told.last.carrier);
	assert_int_equal(told.n_gone + told.n_lost, 0);
	netdev_watch_close(watch);
}

static void new_name_is_told(void **state)
{
	struct netdev_watch *watch;
	struct told told;
	int h0;

	needs_root();
	h0 = get("h0").ifindex;
	watch = watch_of(&told, "h1");
	run("ip link set h0 name h1");
	netdev_watch_read(watch);
	assert_true(told.n_changed > 0);
	assert_int_equal(told.last.ifindex, h0);
	assert_int_equal(told.n_gone, 0);
	netdev_watch_close(watch);
}

static void deletion_and_moving_away_are_told(void **state)
{
	struct netdev_watch *watch;
	struct told told;

	needs_root();
	watch = watch_of(&told, "f0");
	run("ip link set f0 netns far");
	netdev_watch_read(watch);
	assert_int_equal(told.n_gone, 1);
	netdev_watch_close(watch);

	watch = watch_of(&told, "h0");
	run("ip link del h0");
	netdev_watch_read(watch);
	assert_int_equal(told.n_gone, 1);
	netdev_watch_close(watch);
}

static void leaving_a_bridge_is_not_the_end(void **state)
{
	struct netdev_watch *watch;
	struct told told;

	needs_root();
	run("ip link add b0 type bridge && ip link set h0 master b0");
	watch = watch_of(&told, "h0");
	run("ip link set h0 nomaster");
	netdev_watch_read(watch);
	assert_true(told.n_changed > 0);
	assert_int_equal(told.last.master, 0);
	assert_int_equal(told.n_gone, 0);
	netdev_watch_close(watch);
}

static void lost_events_are_told(void **state)
{
	struct netdev_watch *watch;
	struct told told;
	int room = 1;

	needs_root();
	watch = watch_of(&told, "h0");
	assert_ok(setsockopt(netdev_watch_fd(watch), SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)));
	for (int mtu = 1300; mtu < 1310; mtu++)
		run("ip link set h0 mtu %d", mtu);
	netdev_watch_read(watch);
	assert_int_equal(told.n_lost, 1);

	told.n_changed = 0;
	run("ip link set h0 mtu 1500");
	netdev_watch_read(watch);
	assert_true(told.n_changed > 0);
	netdev_watch_close(watch);
}

#define test(name) cmocka_unit_test_setup_teardown(name, a_pair, no_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(fields_are_those_of_the_device),
		test(only_veths_have_a_peer),
		test(bridge_port_has_a_master),
		test(no_other_name_is_taken),
		test(attached_program_is_seen),
		test(set_up_sets_up_and_down),
		test(driver_and_queues_are_told),
		test(far_end_is_found_by_name_of_its_namespace),
		test(far_end_is_found_by_process_of_its_namespace),
		test(namespace_nobody_leads_to_is_not_found),
		test(lack_of_rights_is_told),
		test(features_are_read_and_set),
		test(features_are_set_in_another_namespace),
		test(some_features_cannot_be_set),
		test(changes_are_told),
		test(new_name_is_told),
		test(deletion_and_moving_away_are_told),
		test(leaving_a_bridge_is_not_the_end),
		test(lost_events_are_told),
	};

	return cmocka_run_group_tests_name("wire/netdev", tests, space_enter, NULL);
}
