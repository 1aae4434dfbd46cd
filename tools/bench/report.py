# SPDX-License-Identifier: BSD-2-Clause
"""report: medians, ratios, the table for people and the JSON for programs."""
import json
import os
import platform
import statistics
import subprocess
import time

from build import TREE
from columns import ROWS

REFERENCES = ("ovs", "bridge")


class Results:
    """Every value: rows[row][system] = {round: value}; and what was skipped, why."""

    def __init__(self):
        self.rows = {}
        self.skipped = {}  # "system" or "system column" -> reason

    def add(self, row, system, number_of_round, value):
        self.rows.setdefault(row, {}).setdefault(system, {})[number_of_round] = value

    def values(self, row, system):
        """{round: value}, empty if there is none."""
        return self.rows.get(row, {}).get(system, {})

    def skip(self, what, reason):
        self.skipped[what] = reason

    def median(self, row, system):
        values = self.values(row, system)
        return statistics.median(values.values()) if values else None

    def ratio(self, row, system, reference):
        """A system's value divided by the reference's of the same round; the median of those."""
        others = self.values(row, reference)
        ratios = [value / others[n] for n, value in self.values(row, system).items()
                  if others.get(n)]
        return statistics.median(ratios) if ratios else None


def number(value):
    """Three significant digits, never an exponent."""
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


# --- the table ----------------------------------------------------------------------


def _print_grid(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for index, line in enumerate(lines):
        cells = [line[0].ljust(widths[0]), line[1].ljust(widths[1])]
        cells += [cell.rjust(width) for cell, width in zip(line[2:], widths[2:])]
        print("  ".join(cells).rstrip())
        if index == 0:
            print("  ".join("-" * width for width in widths))


def print_table(results, systems):
    """Medians; then xsw against the two switches that everybody knows."""
    present = [row for row in ROWS if row[0] in results.rows]
    if not present:
        return
    names = [s.name for s in systems]
    lines = [["", "unit", *names]]
    for row, text, unit, _ in present:
        lines.append([text, unit, *(number(results.median(row, n)) for n in names)])
    print()
    _print_grid(lines)
    _print_ratios(results, present, names)
    for what, reason in results.skipped.items():
        print(f"skipped {what}: {reason}")


def _print_ratios(results, present, names):
    references = [r for r in REFERENCES if r in names]
    if "xsw" not in names or not references:
        return
    lines = [["xsw divided by", "better is", *references]]
    for row, text, _, more in present:
        ratios = [results.ratio(row, "xsw", r) for r in references]
        if any(ratio is not None for ratio in ratios):
            lines.append([text, "more" if more else "less", *(number(r) for r in ratios)])
    print()
    _print_grid(lines)


# --- JSON ------------------------------------------------------------------------------


def _first_line(*argv):
    try:
        result = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=TREE)
    except OSError:
        return None
    return (result.stdout or result.stderr).strip().split("\n")[0] or None


def _cpu_model():
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def machine():
    """What a reader needs to judge the figures."""
    return {
        "kernel": platform.release(), "cpu": _cpu_model(), "cores": os.cpu_count(),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "load": os.getloadavg()[0],
        "versions": {
            "tree": _first_line("git", "rev-parse", "--short", "HEAD"),
            "ovs": _first_line("ovs-vswitchd", "--version"),
            "dpdk": _first_line("dpkg-query", "-W", "-f", "${Version}", "dpdk-dev"),
            "iperf3": _first_line("iperf3", "--version"),
        },
    }


def document(results, systems, settings):
    """Everything, as one JSON value."""
    names = [s.name for s in systems]
    rows = []
    for row, text, unit, more in ROWS:
        if row not in results.rows:
            continue
        entry = {"row": row, "text": text, "unit": unit, "better": "more" if more else "less",
                 "systems": {}}
        for name in names:
            values = results.values(row, name)
            if values:
                entry["systems"][name] = {
                    "median": results.median(row, name), "values": list(values.values()),
                    **{f"ratio_{r}": results.ratio(row, name, r) for r in REFERENCES}}
        rows.append(entry)
    return {"machine": machine(), "settings": settings, "rows": rows,
            "systems": {s.name: s.title for s in systems}, "skipped": results.skipped}


def write_json(path, value):
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1, ensure_ascii=False)
        file.write("\n")
    os.replace(path + ".new", path)
