# SPDX-License-Identifier: BSD-2-Clause
"""measure: one number each: a rate into a sink, a stream, a round trip, a process's time and memory."""
import contextlib
import json
import os
import re
import time

from build import helper
from lab import MAC, LabError, pinned

WARM_UP = 0.4  # seconds of traffic before a window opens
TICKS = os.sysconf("SC_CLK_TCK")


# --- frames ------------------------------------------------------------------------


class Sink:
    """What takes the frames at host 2: xdp, tc or udp."""

    def __init__(self, lab, kind):
        self.process = lab.spawn("h2", [helper("sink"), kind, "eth0"], lab.cores.reader, pipes=True,
                                 until_eof=True)
        if self.process.line() != "ready":
            raise LabError("the sink does not start")

    def count(self):
        """(seconds, frames) of this moment."""
        self.process.tell("\n")
        nanoseconds, frames = self.process.line().split()
        return int(nanoseconds) * 1e-9, int(frames)

    def close(self):
        self.process.end()


@contextlib.contextmanager
def sink(lab, kind):
    """A sink that is there for the length of a `with`."""
    one = Sink(lab, kind)
    try:
        yield one
    finally:
        one.close()


def generator(lab, seconds, *options, host=1):
    """Starts the generator on a host."""
    argv = [helper("gen"), "-i", "eth0", "-t", f"{seconds:.3f}", "-S", MAC[host], "-D", MAC[3 - host]]
    return lab.spawn(f"h{host}", [*argv, *options], lab.cores.generator, pipes=True)


def finish(process, seconds):
    """The generator's own report."""
    report = json.loads(process.line(seconds + 20))
    process.end()
    return report


def rate(lab, kind, seconds, *options):
    """Mpps that arrive at a sink while the generator offers all it can."""
    with sink(lab, kind) as far_end:
        total = WARM_UP + seconds + 0.2
        offered = generator(lab, total, *options)
        time.sleep(WARM_UP)
        start, before = far_end.count()
        time.sleep(seconds)
        end, after = far_end.count()
        finish(offered, total)
    return (after - before) / (end - start) / 1e6


def paced(lab, kind, seconds, pps, *options):
    """(frames sent, frames that arrived, Mpps really offered) at a rate."""
    with sink(lab, kind) as far_end:
        before = far_end.count()[1]
        report = finish(generator(lab, seconds, "-p", str(pps), *options), seconds)
        return report["frames"], _settled(far_end) - before, report["pps"] / 1e6


def _settled(far_end):
    """The sink's count once nothing arrives any more."""
    last = -1
    while True:
        time.sleep(0.1)
        count = far_end.count()[1]
        if count == last:
            return count
        last = count


# --- no loss -----------------------------------------------------------------------


def highest_without_loss(lab, kind, seconds, ceiling, allowed=0.0, steps=9):
    """Mpps, by halving the interval like RFC 2544; None if even the lowest rate loses.

    A rate fails only if it loses frames twice: on a machine with other work one loss may be the
    machine's. The generator must reach the rate too; what it really offered is the answer.
    `allowed` is the share of frames that may be lost."""
    def carried(mpps):
        for _ in range(2):
            sent, received, offered = paced(lab, kind, seconds, mpps * 1e6)
            if sent and sent - received <= sent * allowed and offered > mpps * 0.9:
                return offered
        return None

    low, high = 0.0, ceiling
    best = None
    for _ in range(steps):
        middle = (low + high) / 2
        found = carried(middle)
        if found:
            low, best = middle, max(best or 0, found)
        else:
            high = middle
        if high - low < 0.02 * ceiling:
            break
    return best


# --- streams and round trips ----------------------------------------------------------


def stream(lab, streams, seconds):
    """Gbit/s of TCP from host 1 to host 2, as iperf3 received it."""
    server = lab.spawn("h2", ["iperf3", "-s", "-1"])
    try:
        _wait_for_listener(lab, "-Hltn", 5201)
        output = lab.run("h1", "iperf3", "-J", "-c", "10.0.0.2", "-t", f"{seconds:.0f}", "-P",
                         str(streams), "-O", "1", timeout=seconds + 30)
        return json.loads(output)["end"]["sum_received"]["bits_per_second"] / 1e9
    finally:
        server.end()


PERCENTILES = {"50.000": "p50", "99.000": "p99", "99.900": "p99.9"}


def round_trip(lab, protocol, seconds, server_core):
    """Half a round trip of sockperf's ping-pong, in microseconds: {p50, p99, p99.9}."""
    tcp = ["--tcp"] if protocol == "tcp" else []
    server = lab.spawn("h2", ["sockperf", "sr", *tcp, "-i", "10.0.0.2", "-p", "11111"], server_core)
    try:
        _wait_for_listener(lab, "-Hltn" if tcp else "-Hlun", 11111)
        client = ["sockperf", "pp", *tcp, "-i", "10.0.0.2", "-p", "11111", "-t",
                  f"{max(1, round(seconds))}"]
        output = lab.run("h1", *pinned(lab.cores.generator, client), timeout=seconds + 30)
    finally:
        server.end()
    found = {PERCENTILES[p]: float(value)
             for p, value in re.findall(r"percentile (\d+\.\d+) =\s*([\d.]+)", output)
             if p in PERCENTILES}
    if len(found) != len(PERCENTILES):
        raise LabError("sockperf prints no percentiles")
    return {name: found[name] for name in PERCENTILES.values()}


def _wait_for_listener(lab, options, port, seconds=10):
    deadline = time.monotonic() + seconds
    while not lab.run("h2", "ss", options, f"sport = :{port}").strip():
        if time.monotonic() > deadline:
            raise LabError(f"nobody listens on port {port}")
        time.sleep(0.05)


# --- time and memory ---------------------------------------------------------------------


def cpu_seconds(processes):
    """CPU time of these processes so far, with all their threads."""
    total = 0
    for process in processes:
        with open(f"/proc/{process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def idle_cpu(processes, seconds):
    """Percent of a core that these processes use without traffic."""
    if not processes:
        return 0.0
    time.sleep(0.5)
    before = cpu_seconds(processes)
    start = time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(processes) - before) / (time.monotonic() - start) * 100


def cpu_per_million(lab, processes, seconds, pps):
    """CPU seconds that sender, kernel and switch spend on a million frames at a modest rate.

    The sender uses AF_PACKET and sleeps between milliseconds, so its time is work: its own and,
    where the kernel forwards, the switch's."""
    with sink(lab, "tc") as far_end:
        before_frames = far_end.count()[1]
        before = cpu_seconds(processes)
        report = finish(generator(lab, seconds, "-p", str(pps), "-c"), seconds)
        spent = cpu_seconds(processes) - before
        frames = _settled(far_end) - before_frames
    if frames < report["frames"] * 0.9:
        raise LabError(f"only {frames} of {report['frames']} frames arrived")
    return (spent + report["cpu"]) / frames * 1e6


def available_memory():
    """MiB that the machine could still give."""
    with open("/proc/meminfo") as file:
        return int(re.search(r"MemAvailable:\s*(\d+)", file.read()).group(1)) / 1024


def memory(processes):
    """MiB held by these processes: resident pages, and the BPF maps that they have open.

    Maps that are mapped count once, as maps."""
    resident = 0
    maps = {}
    for process in processes:
        resident += _resident(process.pid)
        maps.update(_map_memory(process.pid))
    return (resident + sum(maps.values())) / (1 << 20)


def _resident(pid):
    """Bytes of resident pages that are not those of a BPF map."""
    total = 0
    is_map = False
    with open(f"/proc/{pid}/smaps") as file:
        for line in file:
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                is_map = "bpf-map" in line
            elif line.startswith("Rss:") and not is_map:
                total += int(line.split()[1]) * 1024
    return total


def _map_memory(pid):
    """{map id: bytes} of the BPF maps among a process's descriptors."""
    found = {}
    folder = f"/proc/{pid}/fdinfo"
    for name in os.listdir(folder):
        try:
            with open(os.path.join(folder, name)) as file:
                text = file.read()
        except OSError:  # closed meanwhile
            continue
        number = re.search(r"^map_id:\s*(\d+)", text, re.MULTILINE)
        size = re.search(r"^memlock:\s*(\d+)", text, re.MULTILINE)
        if number and size:
            found[int(number.group(1))] = int(size.group(1))
    return found
