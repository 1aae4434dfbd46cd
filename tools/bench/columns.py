# SPDX-License-Identifier: BSD-2-Clause
"""columns: the groups of figures. Each takes a running system and yields (row name, value).

A row that one system cannot have raises LabError in its own place and costs only that row. Rows
are described in ROWS, in the order they are printed: name, text, unit, whether more is better.
"""
import itertools
import time

import measure
from lab import LabError

KINDS = (("xdp", "far end drops in XDP"), ("tc", "far end builds skbs, drops at TC"),
         ("udp", "a process reads a UDP socket"))
SIZES = (64, 512, 1500)
FLOWS = (1, 5000, 50000)
STREAMS = (1, 4)
# rows, where the two programs run, protocol
ROUND_TRIPS = (("rtt", "two cores", "tcp"), ("rtt", "two cores", "udp"), ("rtt1", "one core", "tcp"))
PORTS = (2, 16, 64, 256)
MACS = (1000, 64000, 1000000)
PACED = 300_000  # frames per second that every system can carry
MODEST = 100_000  # frames per second for CPU time: sender, kernel and switch keep up easily
LEARN = 300_000  # frames per second while addresses are learnt


def _rows():
    for kind, text in KINDS:
        yield f"mpps.{kind}", f"64 bytes, {text}", "Mpps", True
    yield "mpps.paced", f"share that arrives of {PACED / 1e6:.1f} Mpps offered", "%", True
    for size in SIZES:
        yield f"size.{size}", f"{size} bytes, TC", "Mpps", True
    for flows in FLOWS:
        yield f"flows.{flows}", f"{flows} flow{'s' * (flows > 1)}, TC", "Mpps", True
    for streams in STREAMS:
        yield f"tcp.{streams}", f"TCP, {streams} stream{'s' * (streams > 1)}", "Gbit/s", True
    for (group, place, protocol), p in itertools.product(ROUND_TRIPS, ("p50", "p99", "p99.9")):
        yield (f"{group}.{protocol}.{p}",
               f"{protocol.upper()} half round trip, hosts on {place}, {p}", "µs", False)
    yield "noloss", "highest rate without loss, TC", "Mpps", True
    yield "cpu.million", f"CPU per million frames at {MODEST / 1e6:.1f} Mpps", "s", False
    yield "cpu.idle", "CPU when idle", "% core", False
    yield "memory", "memory, 2 ports", "MiB", False
    for ports in PORTS:
        yield f"ports.{ports}", f"{ports} ports, TC", "Mpps", True
    yield f"memory.{PORTS[-1]}", f"memory, {PORTS[-1]} ports", "MiB", False
    for macs in MACS:
        yield f"macs.{macs}", f"{macs} addresses, TC", "Mpps", True


ROWS = list(_rows())


class Turn:
    """One system in one round: the lab, the system, and how long to measure."""

    def __init__(self, lab, system, options):
        self.lab = lab
        self.system = system
        self.options = options
        self.seconds = options.seconds

    def rate(self, kind, *options):
        """Mpps into a sink; everything is learnt before."""
        self.lab.ping()
        self.system.before_frames(self.lab)
        try:
            return measure.rate(self.lab, kind, self.seconds, *options)
        finally:
            self.system.after_frames(self.lab)


def mpps(turn):
    """Three sinks, flat out, and one paced rate."""
    for kind, _ in KINDS:
        yield f"mpps.{kind}", turn.rate(kind)
    turn.system.before_frames(turn.lab)
    sent, received, _ = measure.paced(turn.lab, "tc", turn.seconds, PACED)
    turn.system.after_frames(turn.lab)
    yield "mpps.paced", received / sent * 100


def sizes(turn):
    """Frames of three sizes."""
    for size in SIZES:
        yield f"size.{size}", turn.rate("tc", "-s", str(size))


def flows(turn):
    """So many UDP source ports, taken in turn."""
    for n in FLOWS:
        yield f"flows.{n}", turn.rate("tc", "-f", str(n))


def tcp(turn):
    """Streams of iperf3."""
    for n in STREAMS:
        yield f"tcp.{n}", measure.stream(turn.lab, n, max(2, turn.seconds))


def rtt(turn):
    """Ping-pong of sockperf. Host 2's core is the client's, or the reader's (the last one)."""
    cores = turn.lab.cores
    apart = cores.reader.split(",")[-1]
    for group, _, protocol in ROUND_TRIPS:
        core = cores.generator if group == "rtt1" else apart
        found = measure.round_trip(turn.lab, protocol, max(2, turn.seconds), core)
        for name, value in found.items():
            yield f"{group}.{protocol}.{name}", value


def noloss(turn):
    """RFC 2544: below what arrives flat out, the highest rate that loses nothing."""
    ceiling = turn.rate("tc") * 1.1
    turn.system.before_frames(turn.lab)
    try:
        found = measure.highest_without_loss(
            turn.lab, "tc", min(turn.seconds, 1.0), ceiling, turn.options.loss / 100)
    finally:
        turn.system.after_frames(turn.lab)
    if found is None:
        raise LabError("every rate loses frames")
    yield "noloss", found


def cpu(turn):
    """CPU time and memory."""
    processes = turn.system.processes
    yield "cpu.idle", measure.idle_cpu(processes, turn.seconds)
    yield "memory", measure.memory(processes)
    yield "cpu.million", measure.cpu_per_million(turn.lab, processes, turn.seconds, MODEST)


def ports(turn):
    """The same traffic between two ports while more and more others are there."""
    last = 2
    for n in PORTS:
        if n > turn.system.max_ports:
            break
        _check_room(turn, last, n)
        turn.lab.add_ports(last + 1, n)
        turn.system.add_ports(turn.lab, last + 1, n)
        last = n
        yield f"ports.{n}", turn.rate("tc")
    if last == PORTS[-1]:
        yield f"memory.{last}", measure.memory(turn.system.processes)


def _check_room(turn, present, wanted):
    """Some systems hold tens of megabytes a port: the machine must not pay for that."""
    held = measure.memory(turn.system.processes)
    needed = held / present * (wanted - present)
    if needed > measure.available_memory() / 2:
        raise LabError(f"{wanted} ports would need about {(held + needed) / 1024:.0f} GiB, "
                       "more than half of what is free")


def macs(turn):
    """Host 2 is heard with n addresses; then host 1 sends to each in turn."""
    turn.system.make_room(turn.lab, MACS[-1])
    for n in MACS:
        _teach(turn, n)
        yield f"macs.{n}", turn.rate("tc", "-m", "dst", "-n", str(n))


def _teach(turn, n):
    """Frames from host 2 with n source addresses, each at least twice."""
    seconds = 2.2 * n / LEARN + 0.2
    turn.system.before_frames(turn.lab)
    try:
        measure.finish(measure.generator(
            turn.lab, seconds, "-p", str(LEARN), "-m", "src", "-n", str(n), host=2), seconds)
        time.sleep(0.5)
    finally:
        turn.system.after_frames(turn.lab)


COLUMNS = {"mpps": mpps, "sizes": sizes, "flows": flows, "tcp": tcp, "rtt": rtt, "noloss": noloss,
           "cpu": cpu, "ports": ports, "macs": macs}
ALIASES = {"scale": ["ports", "macs"]}
QUICK = ["mpps", "tcp", "rtt", "cpu"]
TOOLS = {"tcp": ("iperf3", "iperf3"), "rtt": ("sockperf", "sockperf")}
# Those that leave a system with more ports or addresses get a lab of their own.
OWN_LAB = {"ports", "macs"}


def applies(name, system):
    """Whether a system can have a column: forwarders have two ports and no addresses."""
    if name == "ports":
        return system.max_ports >= PORTS[1]
    return name != "macs" or system.forwards_by_address
