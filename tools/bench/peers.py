# SPDX-License-Identifier: BSD-2-Clause
"""peers: installs the Debian packages of what xsw is compared with, and what measures."""
import contextlib
import os
import subprocess

from build import TREE

PACKAGES = ["openvswitch-switch", "dpdk-dev", "librte-net-af-xdp23", "iperf3", "sockperf"]
POLICY = "/usr/sbin/policy-rc.d"


@contextlib.contextmanager
def no_services():
    """Debian starts a package's services when it installs it, unless this file forbids it."""
    if os.path.exists(POLICY):
        yield
        return
    with open(POLICY, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nexit 101\n")
    os.chmod(POLICY, 0o755)
    try:
        yield
    finally:
        os.unlink(POLICY)


def _installed(package):
    result = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package],
                            capture_output=True, text=True, check=False)
    return result.stdout == "installed"


def _apt(*words):
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    return subprocess.run(["apt-get", "-qq", *words], env=environment, check=False,
                          stdout=subprocess.DEVNULL).returncode == 0


def install():
    """Installs what is missing, one package at a time: one that is not there skips one system.

    What xsw itself and the helpers need is the business of tools/deps."""
    subprocess.run([os.path.join(TREE, "tools", "deps"), "build", "run"], check=False)
    missing = [p for p in PACKAGES if not _installed(p)]
    if not missing:
        return
    _apt("update")
    with no_services():
        for package in missing:
            print(f"installing {package}", flush=True)
            if not _apt("install", "-y", "--no-install-recommends", package):
                print(f"  {package} cannot be installed; what needs it will be skipped")
