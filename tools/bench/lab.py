# SPDX-License-Identifier: BSD-2-Clause
"""lab: where the bench takes place.

      h1                switch                 h2
  eth0 ────────────── p1 system p2 ────────────── eth0
  10.0.0.1                                  10.0.0.2
  02:00:00:00:00:01                         02:00:00:00:00:02

Namespaces carry this process's number in their names and are deleted by that name. Every process
is started here, kept as an object, and ended through it: nothing is ever looked for by name.
"""
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

MAC = {1: "02:00:00:00:00:01", 2: "02:00:00:00:00:02"}
ENDINGS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
ADDRESS = {1: "10.0.0.1", 2: "10.0.0.2"}


class LabError(Exception):
    """Something of the lab could not be set up or did not answer."""


def pinned(cpus, argv):
    """The command line that runs argv on these cores (a list such as "0" or "0,1")."""
    return ["taskset", "-c", str(cpus), *argv]


class Process:
    """A process of the lab. Its id is the program's own: ip and taskset replace themselves."""

    def __init__(self, argv, log, pipes=False, until_eof=False):
        self.argv = argv
        self.log = log
        self.until_eof = until_eof  # it cleans up and ends when its stdin ends
        self.output = b""  # read, not yet asked for
        pipe = subprocess.PIPE if pipes else None
        with open(log, "ab") as file:
            self.popen = subprocess.Popen(
                argv, stdin=subprocess.PIPE, stdout=pipe or file, stderr=file, bufsize=0)

    @property
    def pid(self):
        return self.popen.pid

    def is_alive(self):
        return self.popen.poll() is None

    def line(self, timeout=20):
        """One line of its output."""
        deadline = time.monotonic() + timeout
        while b"\n" not in self.output:
            left = deadline - time.monotonic()
            readable = left > 0 and select.select([self.popen.stdout], [], [], left)[0]
            part = os.read(self.popen.stdout.fileno(), 4096) if readable else b""
            if not part:
                raise LabError(f"{self.name()} ended or fell silent: {self.last_words()}")
            self.output += part
        first, _, self.output = self.output.partition(b"\n")
        return first.decode().strip()

    def tell(self, text):
        self.popen.stdin.write(text.encode())

    def wait(self, timeout):
        """Waits for its own end; whether it came with exit code 0."""
        try:
            return self.popen.wait(timeout) == 0
        except subprocess.TimeoutExpired:
            return False

    def end(self, patience=10):
        """Ends it: end of file, then TERM, then KILL."""
        if self.popen.stdin:
            try:
                self.popen.stdin.close()
            except OSError:
                pass
        if self.until_eof:
            self.wait(patience)
        if self.is_alive():
            self.popen.terminate()
            if not self.wait(patience) and self.is_alive():
                self.popen.kill()
        self.popen.wait()
        if self.popen.stdout:
            self.popen.stdout.close()

    def name(self):
        """The program behind `ip netns exec NAME taskset -c CPUS`."""
        words = list(self.argv)
        if words[:3] == ["ip", "netns", "exec"]:
            words = words[4:]
        if words[:2] == ["taskset", "-c"]:
            words = words[3:]
        return os.path.basename(words[0])

    def last_words(self):
        with open(self.log, errors="replace") as file:
            lines = [line.strip() for line in file if line.strip()]
        return " / ".join(lines[-3:]) or "no word in its log"


class Lab:
    """Namespaces, cables and processes of one system's turn."""

    count = 0

    def __init__(self, cores):
        Lab.count += 1
        self.cores = cores
        self.prefix = f"xsw-b{os.getpid()}-{Lab.count}"
        self.spaces = []
        self.processes = []
        self.directory = tempfile.mkdtemp(prefix=self.prefix + "-", dir="/tmp")

    # --- commands and processes ---------------------------------------------------

    def space(self, where):
        return f"{self.prefix}-{where}"

    def placed(self, where, argv):
        return ["ip", "netns", "exec", self.space(where), *argv]

    def run(self, where, *argv, check=True, timeout=60):
        """Runs a command in a namespace; returns its output."""
        result = subprocess.run(self.placed(where, argv), capture_output=True, text=True,
                                check=False, timeout=timeout)
        if check and result.returncode:
            raise LabError(f"{' '.join(argv)}: {(result.stderr or result.stdout).strip()}")
        return result.stdout

    def spawn(self, where, argv, cpus=None, pipes=False, until_eof=False):
        """Starts a process in a namespace that ends with the lab."""
        if cpus is not None:
            argv = pinned(cpus, argv)
        log = os.path.join(self.directory, f"log-{len(self.processes)}")
        process = Process(self.placed(where, argv), log, pipes, until_eof)
        self.processes.append(process)
        return process

    def path(self, name):
        return os.path.join(self.directory, name)

    # --- topology -------------------------------------------------------------------

    def add_space(self, where):
        name = self.space(where)
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.spaces.append(name)
        settings = ["net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"]
        if os.path.exists("/proc/sys/net/bridge"):
            settings += [f"net.bridge.bridge-nf-call-{x}tables=0" for x in ("ip", "ip6", "arp")]
        self.run(where, "sysctl", "-q", *settings, check=False)
        self.run(where, "ip", "link", "set", "lo", "up")

    def address_host(self, n):
        host = f"h{n}"
        self.run(host, "ip", "address", "add", f"{ADDRESS[n]}/24", "dev", "eth0")
        self.run(host, "ip", "link", "set", "eth0", "up")

    def build(self):
        """Two hosts, each with a cable to the switch's namespace."""
        for where in ("sw", "h1", "h2"):
            self.add_space(where)
        for n in (1, 2):
            self.run("sw", "ip", "link", "add", f"p{n}", "type", "veth", "peer", "name", "eth0",
                     "netns", self.space(f"h{n}"), "address", MAC[n])
            self.run("sw", "ip", "link", "set", f"p{n}", "up")
            self.address_host(n)

    def build_direct(self):
        """Two hosts and one cable: what there is without any switch."""
        for where in ("h1", "h2"):
            self.add_space(where)
        self.run("h1", "ip", "link", "add", "eth0", "address", MAC[1], "type", "veth", "peer",
                 "name", "eth0", "netns", self.space("h2"), "address", MAC[2])
        for n in (1, 2):
            self.address_host(n)

    def add_ports(self, first, last):
        """Further cables p3, p4 ...; their far ends are up in one namespace of their own."""
        if self.space("hx") not in self.spaces:
            self.add_space("hx")
        for n in range(first, last + 1):
            self.run("sw", "ip", "link", "add", f"p{n}", "type", "veth", "peer", "name", f"e{n}",
                     "netns", self.space("hx"))
            self.run("sw", "ip", "link", "set", f"p{n}", "up")
            self.run("hx", "ip", "link", "set", f"e{n}", "up")

    def offloads(self, where, device, *settings):
        self.run(where, "ethtool", "-K", device, *settings)

    def ping(self, count=3):
        """Frames both ways, so that every system has learnt both hosts. True if answered."""
        output = self.run("h1", "ping", "-n", "-q", "-c", str(count), "-i", "0.05", "-W", "2",
                          ADDRESS[2], check=False)
        return " 0% packet loss" in output

    def wait_for_ping(self, seconds=15):
        deadline = time.monotonic() + seconds
        while not self.ping():
            if time.monotonic() > deadline:
                raise LabError("host 2 does not answer host 1")
            time.sleep(0.2)

    # --- the end ----------------------------------------------------------------------

    def close(self):
        """Ends what was started, the last first, and deletes the namespaces. Not interruptible."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
        try:
            self._close()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _close(self):
        for process in reversed(self.processes):
            process.end()
        for name in self.spaces:
            subprocess.run(["ip", "netns", "del", name], check=False)
        self.spaces = []
        shutil.rmtree(self.directory, ignore_errors=True)
