# SPDX-License-Identifier: BSD-2-Clause
"""build: compiles the bench's helpers into build/bench/, each only if it is older than its sources."""
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))
OUT = os.path.join(TREE, "build", "bench")

# helper: (its BPF object, libraries)
HELPERS = {
    "gen": ("gen", ["-lbpf"]),
    "sink": ("sink", ["-lbpf", "-lpthread"]),
    "devmap": ("peer", ["-lbpf"]),
    "fwd": ("peer", ["-lxdp", "-lbpf"]),
}
CFLAGS = ["-O2", "-g", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wno-unused-parameter"]


class BuildError(Exception):
    """A helper cannot be made; the text says what to install or what the compiler said."""


def _run(argv, out=None):
    result = subprocess.run(argv, stdout=out or subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if result.returncode:
        raise BuildError(f"{argv[0]}: {result.stderr.decode(errors='replace').strip()}")


def _is_stale(target, sources):
    return not os.path.exists(target) or any(
        os.path.getmtime(s) > os.path.getmtime(target) for s in sources)


def _tool(name, package):
    for path in (shutil.which(name), f"/usr/sbin/{name}", f"/usr/local/sbin/{name}"):
        if path and os.access(path, os.X_OK):
            return path
    raise BuildError(f"{name} is missing: apt-get install {package}")


def _multiarch():
    found = subprocess.run(["gcc", "-print-multiarch"], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def _build_skeleton(name):
    source = os.path.join(HERE, f"{name}.bpf.c")
    header = os.path.join(OUT, f"{name}.skel.h")
    if not _is_stale(header, [source, os.path.join(HERE, "frame.h")]):
        return
    obj = os.path.join(OUT, f"{name}.bpf.o")
    # The kernel's headers find asm/ in the compiler's own folder for this machine.
    _run([_tool("clang", "clang"), "-target", "bpf", "-mcpu=v3", "-O2", "-g", "-std=gnu11", "-Wall",
          "-idirafter", f"/usr/include/{_multiarch()}", "-c", source, "-o", obj])
    with open(header + ".new", "wb") as file:
        _run([_tool("bpftool", "bpftool"), "gen", "skeleton", obj, "name", f"{name}_bpf"], file)
    os.replace(header + ".new", header)


def _build_helper(name):
    skeleton, libraries = HELPERS[name]
    source = os.path.join(HERE, f"{name}.c")
    target = os.path.join(OUT, name)
    _build_skeleton(skeleton)
    inputs = [source, os.path.join(HERE, "frame.h"), os.path.join(OUT, f"{skeleton}.skel.h")]
    if _is_stale(target, inputs):
        _run([_tool("gcc", "gcc"), *CFLAGS, f"-I{OUT}", source, "-o", target, *libraries])


def build():
    """Makes every helper. Raises BuildError."""
    os.makedirs(OUT, exist_ok=True)
    for name in HELPERS:
        _build_helper(name)


def helper(name):
    """The path of a helper."""
    return os.path.join(OUT, name)
