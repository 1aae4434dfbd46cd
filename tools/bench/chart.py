# SPDX-License-Identifier: BSD-2-Clause
"""chart: draws a run as SVG: one panel per group of rows, one bar per system."""
import json
from xml.sax.saxutils import escape

WIDTH = 1120
MARGIN = 28
GAP = 28  # between panels
HEAD = 92
PANEL_TITLE = 30
ROW_TITLE = 20
BAR = 15
BAR_GAP = 3
ROW_GAP = 12
NAME = 118  # room for the system's name
VALUE = 52  # room for the figure

COLORS = {"xsw": "#d9480f", "ovs": "#1971c2", "bridge": "#2f9e44", "testpmd": "#7048e8",
          "afxdp": "#868e96", "devmap": "#adb5bd", "cable": "#ced4da"}
STYLE = """
text { font-family: 'DejaVu Sans', 'Helvetica', 'Arial', sans-serif; font-size: 12px; fill: #343a40 }
.title { font-size: 21px; font-weight: bold; fill: #212529 }
.note { font-size: 12px; fill: #868e96 }
.panel { font-size: 14px; font-weight: bold; fill: #212529 }
.row { font-size: 12px; fill: #495057; font-weight: bold }
.own { font-weight: bold; fill: #d9480f }
.value { fill: #495057 }
"""

# panel: (title, rows)
PANELS = (
    ("Frames of 64 bytes, Mpps: more is better", ("mpps.xdp", "mpps.tc", "mpps.udp")),
    ("Highest rate without loss, Mpps: more is better", ("noloss",)),
    ("Frame sizes, Mpps: more is better", ("size.64", "size.512", "size.1500")),
    ("Flows, Mpps: more is better", ("flows.1", "flows.5000", "flows.50000")),
    ("TCP, Gbit/s: more is better", ("tcp.1", "tcp.4")),
    ("Half a round trip, hosts on two cores, µs: less is better",
     ("rtt.tcp.p50", "rtt.tcp.p99", "rtt.udp.p50", "rtt.udp.p99")),
    ("Half a round trip, hosts on one core, µs: less is better", ("rtt1.tcp.p50", "rtt1.tcp.p99")),
    ("CPU seconds per million frames: less is better", ("cpu.million",)),
    ("Idle CPU, % of a core: less is better", ("cpu.idle",)),
    ("Memory, MiB: less is better", ("memory", "memory.256")),
    ("Ports, Mpps: more is better", ("ports.2", "ports.16", "ports.64", "ports.256")),
    ("Addresses, Mpps: more is better", ("macs.1000", "macs.64000", "macs.1000000")),
)


def _figure(value):
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _text(x, y, text, css="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{css}" text-anchor="{anchor}">{escape(text)}</text>'


class Panel:
    """A title and its rows; all bars of a panel have one scale."""

    def __init__(self, title, rows):
        self.title = title
        self.rows = rows
        values = [s["median"] for row in rows for s in row["systems"].values()]
        self.scale = max(values) or 1

    def height(self):
        bars = sum(len(row["systems"]) for row in self.rows)
        return PANEL_TITLE + len(self.rows) * (ROW_TITLE + ROW_GAP) + bars * (BAR + BAR_GAP)

    def draw(self, x, y, width, names):
        """The panel's elements, its upper left corner at (x, y)."""
        yield _text(x, y + 14, self.title, "panel")
        yield (f'<line x1="{x}" y1="{y + 21}" x2="{x + width}" y2="{y + 21}" stroke="#dee2e6"/>')
        y += PANEL_TITLE
        for row in self.rows:
            yield _text(x, y + 12, row["text"], "row")
            y += ROW_TITLE
            for name in names:
                if name in row["systems"]:
                    yield from self.bar(x, y, width, name, row["systems"][name])
                    y += BAR + BAR_GAP
            y += ROW_GAP

    def bar(self, x, y, width, name, system):
        """Name, bar from the median, and the span of the rounds as a thin line."""
        room = width - NAME - VALUE
        left = x + NAME
        length = max(1.0, system["median"] / self.scale * room)
        own = "own" if name == "xsw" else ""
        yield _text(left - 8, y + 12, name, own, "end")
        yield (f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2" '
               f'fill="{COLORS.get(name, "#868e96")}"/>')
        low, high = (left + min(max(v / self.scale, 0), 1) * room
                     for v in (min(system["values"]), max(system["values"])))
        if high - low > 2:
            yield (f'<line x1="{low:.1f}" y1="{y + BAR / 2}" x2="{high:.1f}" y2="{y + BAR / 2}" '
                   'stroke="#212529" stroke-width="1.5" opacity="0.55"/>')
        yield _text(max(left + length, high) + 5, y + 12, _figure(system["median"]), own or "value")


def _panels(document):
    rows = {row["row"]: row for row in document["rows"]}
    for title, names in PANELS:
        present = [rows[name] for name in names if name in rows]
        if present:
            yield Panel(title, present)


def _columns(panels):
    """Two columns of about the same height; [(panel, column, y)], and the height of the taller."""
    heights = [HEAD, HEAD]
    placed = []
    for panel in panels:
        column = 0 if heights[0] <= heights[1] else 1
        placed.append((panel, column, heights[column]))
        heights[column] += panel.height() + GAP
    return placed, max(heights)


def _heading(document):
    about = document["machine"]
    rounds = document["settings"]["rounds"]
    times = "one round" if rounds == 1 else f"medians of {rounds} interleaved rounds, lines: their span"
    yield _text(MARGIN, 40, "xsw and its peers, side by side", "title")
    yield _text(MARGIN, 62, f"{about['cpu']}, {about['cores']} cores, "
                f"Linux {about['kernel'].split('-')[0]}; "
                f"{times}; veth, generator and switch on different cores", "note")


def svg(document):
    """The chart of a run as text."""
    names = list(document["systems"])
    names.sort(key=lambda n: n != "xsw")
    placed, height = _columns(list(_panels(document)))
    width = (WIDTH - 2 * MARGIN - GAP) / 2
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             f'viewBox="0 0 {WIDTH} {height}">', f"<style>{STYLE}</style>",
             f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>', *_heading(document)]
    for panel, column, y in placed:
        parts += panel.draw(MARGIN + column * (width + GAP), y, width, names)
    return "\n".join([*parts, "</svg>", ""])


def draw(document, path):
    with open(path, "w", encoding="utf-8") as file:
        file.write(svg(document))


def draw_files(sources, path):
    """One chart of several runs on one machine, such as one of many rounds and one of few."""
    merged = None
    for source in sources:
        with open(source, encoding="utf-8") as file:
            document = json.load(file)
        if merged:
            rows = {row["row"]: row for row in merged["rows"] + document["rows"]}
            merged["rows"] = list(rows.values())
        else:
            merged = document
    draw(merged, path)
