# SPDX-License-Identifier: BSD-2-Clause
"""systems: what is compared, and how each is brought up between p1 and p2 with known settings.

A system has a name (for --systems and JSON), a title (for people), and says itself why it cannot
run here. `start` leaves it forwarding; its processes belong to the lab and end with it.
"""
import os
import shutil
import time

from build import TREE, helper
from lab import LabError


class System:
    """What all have in common."""

    name = ""
    title = ""
    # Whether frames that the kernel has not finished (checksums left to hardware) leave it as they
    # came: then the hosts must finish them themselves.
    needs_finished_frames = False
    forwards_by_address = True  # a switch with a table of addresses
    max_ports = 2

    def __init__(self, options):
        self.options = options
        self.processes = []  # those whose CPU time and memory are the system's

    def absent(self):
        """The reason why it cannot run here, or None."""
        return None

    def build(self, lab):
        lab.build()

    def start(self, lab):
        raise NotImplementedError

    def add_ports(self, lab, first, last):
        raise NotImplementedError

    def make_room(self, lab, n_macs):
        """Makes the table of addresses large enough."""

    def before_frames(self, lab):
        """Called before the generator's frames: they vanish unless p1 takes redirected frames."""

    def after_frames(self, lab):
        """Undoes before_frames."""

    def up(self, lab):
        self.build(lab)
        if self.needs_finished_frames:
            for host in ("h1", "h2"):
                lab.offloads(host, "eth0", "tx", "off", "txvlan", "off")
        self.start(lab)
        lab.wait_for_ping()


class Cable(System):
    """No switch: the two hosts are the two ends of one cable. The ceiling for all others."""

    name = "cable"
    title = "direct cable"
    forwards_by_address = False

    def build(self, lab):
        lab.build_direct()

    def start(self, lab):
        pass

    def before_frames(self, lab):
        lab.offloads("h2", "eth0", "gro", "on")

    def after_frames(self, lab):
        lab.offloads("h2", "eth0", "gro", "off")


class Bridge(System):
    """The Linux bridge, in the kernel on the sender's core; br_netfilter off."""

    name = "bridge"
    title = "Linux bridge"
    max_ports = 1 << 10

    def start(self, lab):
        lab.run("sw", "ip", "link", "add", "br0", "type", "bridge", "stp_state", "0",
                "mcast_snooping", "0")
        lab.run("sw", "ip", "link", "set", "br0", "up")
        self.add_ports(lab, 1, 2)

    def add_ports(self, lab, first, last):
        for n in range(first, last + 1):
            lab.run("sw", "ip", "link", "set", f"p{n}", "master", "br0")

    def before_frames(self, lab):
        lab.offloads("sw", "p1", "gro", "on")
        lab.offloads("sw", "p2", "gro", "on")

    def after_frames(self, lab):
        lab.offloads("sw", "p1", "gro", "off")
        lab.offloads("sw", "p2", "gro", "off")


class OpenVSwitch(System):
    """Open vSwitch, netdev datapath, AF_XDP ports; one PMD thread on the switch's core."""

    name = "ovs"
    title = "Open vSwitch (afxdp)"
    needs_finished_frames = True
    max_ports = 256
    schema = "/usr/share/openvswitch/vswitch.ovsschema"

    def absent(self):
        for tool in ("ovs-vswitchd", "ovsdb-server", "ovs-vsctl", "ovsdb-tool"):
            if not shutil.which(tool):
                return f"{tool} is not installed (Debian: openvswitch-switch)"
        return None if os.path.exists(self.schema) else f"{self.schema} is missing"

    def _environment(self, lab, argv):
        run = lab.path("ovs")
        return ["env", f"OVS_RUNDIR={run}", f"OVS_LOGDIR={run}", f"OVS_DBDIR={run}",
                f"OVS_SYSCONFDIR={run}", *argv]

    def _vsctl(self, lab, *words):
        lab.run("sw", *self._environment(lab, [
            "ovs-vsctl", f"--db=unix:{lab.path('ovs/db.sock')}", "--timeout=20", *words]))

    def start(self, lab):
        run = lab.path("ovs")
        os.mkdir(run)
        lab.run("sw", "ovsdb-tool", "create", f"{run}/conf.db", self.schema)
        database = lab.spawn("sw", self._environment(lab, [
            "ovsdb-server", f"{run}/conf.db", f"--remote=punix:{run}/db.sock",
            f"--pidfile={run}/ovsdb.pid", f"--unixctl={run}/ovsdb.ctl"]))
        _wait_for_file(database, f"{run}/db.sock")
        mask = f"0x{1 << self.options.cores.switch:x}"
        self._vsctl(lab, "--no-wait", "init", "--", "set", "Open_vSwitch", ".",
                    f"other_config:pmd-cpu-mask={mask}")
        daemon = lab.spawn("sw", self._environment(lab, [
            "ovs-vswitchd", f"unix:{run}/db.sock", f"--pidfile={run}/vswitchd.pid",
            f"--unixctl={run}/vswitchd.ctl"]))
        self.processes = [daemon, database]
        self._vsctl(lab, "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev")
        self.add_ports(lab, 1, 2)

    def add_ports(self, lab, first, last):
        for n in range(first, last + 1):
            self._vsctl(lab, "add-port", "br0", f"p{n}", "--", "set", "interface", f"p{n}",
                        "type=afxdp", "options:xdp-mode=native", "options:n_rxq=1")

    def make_room(self, lab, n_macs):
        self._vsctl(lab, "set", "bridge", "br0", f"other_config:mac-table-size={n_macs + 1000}")


class Testpmd(System):
    """DPDK testpmd, io forwarding between two af_xdp devices: looks at nothing."""

    name = "testpmd"
    title = "DPDK testpmd (af_xdp)"
    needs_finished_frames = True
    forwards_by_address = False

    def absent(self):
        if not shutil.which("dpdk-testpmd"):
            return "dpdk-testpmd is not installed (Debian: dpdk-dev librte-net-af-xdp23)"
        return None

    def start(self, lab):
        cores = self.options.cores
        daemon = lab.spawn("sw", [
            "dpdk-testpmd", "-l", f"{cores.generator},{cores.switch}",
            "--main-lcore", str(cores.generator), "--no-huge", "-m", "512", "--no-pci",
            f"--file-prefix={lab.prefix}", "--no-telemetry", "--vdev", "net_af_xdp0,iface=p1",
            "--vdev", "net_af_xdp1,iface=p2", "--", "--forward-mode=io", "--nb-cores=1",
            "--port-topology=paired", "--total-num-mbufs=32768", "--no-mlockall"])
        self.processes = [daemon]


class PlainAfXdp(System):
    """The smallest forwarder on AF_XDP: RX ring to TX ring, busy, looks at nothing (fwd.c)."""

    name = "afxdp"
    title = "plain AF_XDP"
    needs_finished_frames = True
    forwards_by_address = False

    def start(self, lab):
        daemon = lab.spawn("sw", [helper("fwd"), "p1", "p2"], self.options.cores.switch, pipes=True)
        daemon.line()
        self.processes = [daemon]


class Devmap(System):
    """XDP redirects every frame to the other device: the kernel's own limit (devmap.c)."""

    name = "devmap"
    title = "raw DEVMAP redirect"
    needs_finished_frames = True
    forwards_by_address = False

    def start(self, lab):
        # Redirected frames reach a host only if it has NAPI.
        for host in ("h1", "h2"):
            lab.offloads(host, "eth0", "gro", "on")
        daemon = lab.spawn("sw", [helper("devmap"), "p1", "p2"], pipes=True, until_eof=True)
        daemon.line()
        self.processes = [daemon]


class Xsw(System):
    """This project."""

    name = "xsw"
    title = "xsw"
    max_ports = 512

    def __init__(self, options):
        super().__init__(options)
        self.daemon = os.path.join(options.build, "xswd")
        self.command = os.path.join(options.build, "xsw")

    def absent(self):
        for path in (self.daemon, self.command):
            if not os.access(path, os.X_OK):
                return f"{os.path.relpath(path, TREE)} is not built (make)"
        return None

    def _xsw(self, lab, *words):
        lab.run("sw", self.command, "--run", lab.path("xsw"), *words)

    def start(self, lab):
        daemon = lab.spawn("sw", [
            self.daemon, "--run", lab.path("xsw"), "--workers", str(self.options.cores.switch),
            *self.options.xswd_args])
        self.processes = [daemon]
        _wait_for_file(daemon, lab.path("xsw/ctl.sock"))
        self.add_ports(lab, 1, 2)

    def add_ports(self, lab, first, last):
        for n in range(first, last + 1):
            self._xsw(lab, "port", "add", f"p{n}")

    def make_room(self, lab, n_macs):
        self._xsw(lab, "bridge", "set", "br0", "max-macs", str(min(n_macs + 1000, 1 << 20)))


def _wait_for_file(process, path, seconds=20):
    deadline = time.monotonic() + seconds
    while not os.path.exists(path):
        if not process.is_alive():
            raise LabError(f"{process.name()} ended: {process.last_words()}")
        if time.monotonic() > deadline:
            raise LabError(f"{process.name()} does not open {path}")
        time.sleep(0.05)


ALL = [Bridge, OpenVSwitch, Testpmd, PlainAfXdp, Devmap, Xsw, Cable]
BY_NAME = {system.name: system for system in ALL}
