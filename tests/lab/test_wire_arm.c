/* SPDX-License-Identifier: BSD-2-Clause */
#include "far_end.h"

#include <bpf/bpf.h>
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>

#include "switch/base/macros.h"

/* Arms h0 and restores it; 'at' leads to its far end. */
static void arm_and_restore(const char *at)
{
	char *before = features(at), *armed;
	struct arm *a = open_arm();

	assert_armed(arm(a, "h0", false));
	assert_true(journal_is_there());
	armed = features(at);
	assert_true(is(armed, "generic-receive-offload", "on"));
	assert_true(is(armed, "tx-checksumming", "off"));
	assert_true(is(armed, "tx-checksum-ip-generic", "off"));
	assert_true(is(armed, "tx-checksum-sctp", "off"));
	assert_true(is(armed, "tx-vlan-offload", "off"));
	assert_true(is(armed, "tx-vlan-stag-hw-insert", "off"));
	assert_true(is(armed, "tx-gre-segmentation", "on"));
	free(armed);

	arm_restore(a, index_of("h0"));
	assert_features(at, before);
	assert_false(journal_is_there());
	arm_close(a);
	free(before);
}

static void far_end_here_is_armed_and_restored(void **state)
{
	needs_root();
	arm_and_restore("");
}

static void far_end_in_a_named_namespace_is_armed_and_restored(void **state)
{
	needs_root();
	run("ip link set f0 netns far && ip -n far link set f0 up");
	arm_and_restore("ip netns exec far");
}

static void far_end_in_a_nameless_namespace_is_armed_and_restored(void **state)
{
	char at[64];
	pid_t holder;

	needs_root();
	holder = space_hold();
	snprintf(at, sizeof(at), "nsenter -n -t %d", holder);
	run("ip link set f0 netns %d && %s ip link set f0 up", holder, at);
	arm_and_restore(at);
	space_end(holder);
}

static bool kernel_says_target(const char *name)
{
	uint64_t xdp;

	assert_ok(netdev_xdp_features(index_of(name), &xdp));
	return xdp & NETDEV_XDP_TARGET;
}

static void far_end_that_is_down_is_armed_when_it_comes_up(void **state)
{
	char *before;
	struct arm *a;

	needs_root();
	run("ip link set f0 down");
	before = features("");
	a = open_arm();
	assert_armed(arm(a, "h0", false));
	run("ip link set f0 up");
	assert_false(kernel_says_target("h0"));
	assert_armed(arm(a, "h0", false));
	assert_true(kernel_says_target("h0"));
	run("grep -q '\"rx-gro\": false' " JOURNAL);
	arm_restore(a, index_of("h0"));
	assert_features("", before);
	arm_close(a);
	free(before);
}

/* The administrator turned GRO on too early for the kernel to take notice. */
static void gro_turned_on_too_early_is_made_to_work(void **state)
{
	char *before;
	struct arm *a;

	needs_root();
	run("ip link set f0 down && ethtool -K f0 gro on && ip link set f0 up");
	assert_false(kernel_says_target("h0"));
	before = features("");
	a = open_arm();
	assert_armed(arm(a, "h0", false));
	run("! grep -q rx-gro " JOURNAL);
	arm_restore(a, index_of("h0"));
	assert_features("", before);
	arm_close(a);
	free(before);
}

static void generic_mode_needs_whole_frames(void **state)
{
	char *before, *armed;
	struct arm *a;

	needs_root();
	before = features("");
	a = open_arm();
	assert_armed(arm(a, "h0", true));
	armed = features("");
	assert_true(is(armed, "generic-segmentation-offload", "off"));
	assert_true(is(armed, "tx-tcp-segmentation", "off"));
	assert_true(is(armed, "tx-gre-csum-segmentation", "off"));
	assert_true(is(armed, "tx-udp-segmentation", "off"));
	assert_true(is(armed, "tx-gso-list", "off"));
	arm_restore(a, index_of("h0"));
	assert_features("", before);
	arm_close(a);
	free(before);
	free(armed);
}

/* Restoring must not turn off what the administrator had turned on. */
static void what_was_right_is_left_alone(void **state)
{
	char *before;
	struct arm *a;

	needs_root();
	run("ethtool -K f0 gro on txvlan off");
	before = features("");
	a = open_arm();
	assert_armed(arm(a, "h0", false));
	run("! grep -q -e rx-gro -e tx-vlan-hw-insert " JOURNAL);
	run("grep -q tx-checksum-ip-generic " JOURNAL);
	arm_restore(a, index_of("h0"));
	assert_features("", before);
	free(before);

	/* Off already, as it needs checksums, though it was asked for. */
	run("ethtool -K f0 tx off >/dev/null");
	before = features("");
	assert_armed(arm(a, "h0", true));
	run("! grep -q tx-tcp-segmentation " JOURNAL);
	arm_restore(a, index_of("h0"));
	assert_features("", before);
	arm_close(a);
	free(before);
}

static void armed_far_end_is_not_touched(void **state)
{
	char *before;
	struct arm *a;

	needs_root();
	run("ethtool -K f0 gro on tx off txvlan off tx-vlan-stag-hw-insert off");
	before = features("");
	a = open_arm();
	assert_armed(arm(a, "h0", false));
	assert_false(journal_is_there());
	assert_features("", before);
	arm_restore(a, index_of("h0"));
	assert_features("", before);
	arm_close(a);
	free(before);
}

static void what_was_put_back_by_others_stays(void **state)
{
	char *before;
	struct arm *a;

	needs_root();
	before = features("");
	a = open_arm();
	assert_armed(arm(a, "h0", false));
	run("ethtool -K f0 gro off && ethtool -K f0 tx on >/dev/null");
	arm_restore(a, index_of("h0"));
	assert_features("", before);
	arm_close(a);
	free(before);
}

static void arming_again_remembers_the_first_state(void **state)
{
	char *before;
	struct arm *a;

	needs_root();
	run("ip link set f0 netns far && ip -n far link set f0 up");
	before = features("ip netns exec far");
	a = open_arm();
	assert_armed(arm(a, "h0", false));
	run("ip netns exec far ethtool -K f0 gro off tx on >/dev/null");
	assert_armed(arm(a, "h0", false));
	run("ip -n far link set f0 netns %d", getpid());
	run("ip link set f0 up");
	assert_armed(arm(a, "h0", false));
	arm_restore(a, index_of("h0"));
	assert_features("", before);
	arm_close(a);
	free(before);
}

static void tap_is_up_to_its_reader(void **state)
{
	struct arm_report report;
	struct arm *a;

	needs_root();
	run("ip tuntap add t0 mode tap && ip link set t0 up");
	a = open_arm();
	report = arm(a, "t0", false);
	assert_true(report.delivers);
	assert_false(report.truthful);
	assert_int_equal(report.reason, ARM_READER_DECIDES);
	assert_false(journal_is_there());
	arm_close(a);
}

static void device_that_is_no_target_says_so(void **state)
{
	struct arm_report report;
	struct arm *a;

	needs_root();
	run("ip link add b0 type bridge");
	a = open_arm();
	report = arm(a, "b0", false);
	assert_false(report.delivers);
	assert_true(report.truthful);
	assert_int_equal(report.reason, ARM_FIXED);
	arm_close(a);
}

static void lost_far_end_is_told(void **state)
{
	struct arm_report report;
	struct netdev_info dev;
	struct arm *a;

	needs_root();
	assert_ok(netdev_get("h0", &dev));
	run("ip link set f0 netns far");
	a = open_arm();
	arm_port(a, &dev, false, &report);
	assert_false(report.delivers || report.truthful);
	assert_int_equal(report.reason, ARM_NO_FAR_END);
	assert_false(journal_is_there());
	arm_close(a);
}

static int arm_without(void *arg)
{
	const unsigned int *capability = arg;
	struct arm_report report;
	struct arm *a = open_arm();

	capng_get_caps_process();
	capng_update(CAPNG_DROP, CAPNG_EFFECTIVE, *capability);
	if (capng_apply(CAPNG_SELECT_CAPS))
		return -1;
	report = arm(a, "h0", false);
	arm_restore(a, index_of("h0"));
	arm_close(a);
	return report.delivers || report.truthful ? -1 : (int)report.reason;
}

static void lack_of_rights_is_told(void **state)
{
	static unsigned int needed[] = { CAP_SYS_ADMIN, CAP_NET_ADMIN };
	char *before;

	needs_root();
	run("ip link set f0 netns far");
	before = features("ip netns exec far");
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		assert_int_equal(space_apart(arm_without, &needed[i]), ARM_NOT_PERMITTED);
	assert_features("ip netns exec far", before);
	assert_false(journal_is_there());
	free(before);
}

/* A program that redirects every frame to the device in 'devmap'. */
static int redirect_program(int devmap)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW,
		  .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = devmap },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "to_h0", "BSD", code, ARRAY_SIZE(code), NULL);
}

enum { SHOT = 200 };

/* Redirects SHOT frames to h0; how many more than before did f0 receive? */
static long arrivals(int program)
{
	static const char count[] = "cat /sys/class/net/f0/statistics/rx_packets";
	uint8_t frame[64] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 0x88, 0xb5 };
	LIBBPF_OPTS(bpf_test_run_opts, shot, .data_in = frame, .data_size_in = sizeof(frame),
	            .repeat = SHOT, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	char *before, *after;
	long n;

	before = output("%s", count);
	assert_ok(bpf_prog_test_run_opts(program, &shot));
	after = output("%s", count);
	n = atol(after) - atol(before);
	free(before);
	free(after);
	return n;
}

static void redirected_frames_arrive_once_armed(void **state)
{
	int devmap, program, h0;
	const uint32_t zero = 0;
	struct arm *a;

	needs_root();
	run("mount -t sysfs sysfs /sys");
	h0 = index_of("h0");
	devmap = bpf_map_create(BPF_MAP_TYPE_DEVMAP, "ports", 4, 4, 1, NULL);
	assert_true(devmap >= 0);
	assert_ok(bpf_map_update_elem(devmap, &zero, &h0, 0));
	program = redirect_program(devmap);
	assert_true(program >= 0);

	a = open_arm();
	assert_true(arrivals(program) < SHOT / 2);
	assert_armed(arm(a, "h0", false));
	assert_true(arrivals(program) >= SHOT);
	arm_restore(a, h0);
	assert_true(arrivals(program) < SHOT / 2);
	arm_close(a);
	close(program);
	close(devmap);
	run("umount /sys");
}

#define test(name) cmocka_unit_test_setup_teardown(name, a_pair, no_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(far_end_here_is_armed_and_restored),
		test(far_end_in_a_named_namespace_is_armed_and_restored),
		test(far_end_in_a_nameless_namespace_is_armed_and_restored),
		test(far_end_that_is_down_is_armed_when_it_comes_up),
		test(gro_turned_on_too_early_is_made_to_work),
		test(generic_mode_needs_whole_frames),
		test(what_was_right_is_left_alone),
		test(armed_far_end_is_not_touched),
		test(what_was_put_back_by_others_stays),
		test(arming_again_remembers_the_first_state),
		test(tap_is_up_to_its_reader),
		test(device_that_is_no_target_says_so),
		test(lost_far_end_is_told),
		test(lack_of_rights_is_told),
		test(redirected_frames_arrive_once_armed),
	};

	return cmocka_run_group_tests_name("wire/arm", tests, space_enter, NULL);
}
