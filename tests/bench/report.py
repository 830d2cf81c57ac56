"""Tables on the terminal and in RESULTS.md, and a bar chart of each item."""

import datetime
import html
import os
import platform
import re
import statistics
import subprocess

HERE = os.path.dirname(os.path.realpath(__file__))
PLOTS = os.path.join(HERE, "plots")
RESULTS = os.path.join(HERE, "RESULTS.md")

HEAD = """# What sockkit does beside its peers

Written by `make bench` (tests/bench/run); each section says when and where it was measured. Runs alternate between
the programs; figures are medians, with the least and the greatest in brackets. *bare* is a minimal program that does
that one thing only, with the best technique known for this system: the practical limit.
"""

VERSIONS = {  # program: how to ask it
    "nc.openbsd": "dpkg-query -W -f '${Version}' netcat-openbsd",
    "ncat": "ncat --version",
    "socat": "socat -V | sed -n 2p",
    "tcpserver": "dpkg-query -W -f '${Version}' ucspi-tcp",
    "nmap": "nmap --version | sed 1q",
    "iperf3": "iperf3 --version | sed 1q",
    "ngircd": "ngircd --version | sed 1q",
    "busybox": "busybox | sed 1q",
}


class Row:
    """One work, done by several programs.

    samples: program: list of figures. low: less is better. floors: program: how many times better than it sockkit
    has to be. most: what sockkit's median may not exceed. A program's name up to a comma is what it is."""

    def __init__(self, work, unit, samples, low=False, floors=None, most=None):
        self.work, self.unit, self.samples = work, unit, samples
        self.low, self.floors, self.most = low, floors or {}, most
        self.medians = {name: statistics.median(taken) for name, taken in samples.items()}

    def ratio(self, name):
        ours, theirs = self.medians.get("sockkit"), self.medians[name]
        if not ours or not theirs or self.unit == "%":
            return None
        return theirs / ours if self.low else ours / theirs

    def floor(self, name):
        """What sockkit has to reach beside NAME, and whether it does: two words for the table."""
        if name == "sockkit" and self.most is not None:
            return f"at most {figure(self.most)}", "ok" if self.medians[name] <= self.most else "**MISSED**"
        wanted = self.floors.get(name)
        if wanted is None:
            return "", ""
        ratio, word = self.ratio(name), "aim" if name == "bare" else "floor"
        if ratio is None:
            return f"{word} {wanted}x", "no figure of sockkit's"
        missed = "below the aim" if name == "bare" else "**MISSED**"
        return f"{word} {wanted}x", "ok" if ratio >= wanted else missed

    def cells(self):
        for name, median in sorted(self.medians.items(), key=lambda pair: pair[1], reverse=not self.low):
            taken = self.samples[name]
            ratio = self.ratio(name) if name != "sockkit" else None
            spread = f"{figure(min(taken))} - {figure(max(taken))}" if len(taken) > 1 else ""
            yield [name, figure(median), spread, str(len(taken)), f"{ratio:.2f}x" if ratio else "", *self.floor(name)]

    def verdicts(self):
        return [(self.work, name, self.floor(name)[1]) for name in self.medians]

    def title(self):
        return f"({self.unit}{', less is better' if self.low else ''})"

    def shown(self):
        lines = [f"  {self.work} {self.title()}"]
        for name, median, spread, _runs, ratio, floor, verdict in self.cells():
            words = f"    {name:24} {median:>12}  {spread:23} {ratio:>8}  {floor:14} {verdict.strip('*')}"
            lines.append(words.rstrip())
        return lines

    def table(self):
        lines = [
            f"**{self.work}** {self.title()}",
            "",
            "| program | median | least - greatest | runs | sockkit does | wanted | |",
            "| --- | ---: | --- | ---: | ---: | --- | --- |",
        ]
        lines += ["| " + " | ".join(line) + " |" for line in self.cells()]
        return "\n".join(lines) + "\n"


def rows_of(works, samples, key, unit, **rest):
    """The Row of one figure (KEY) out of samples as stage.alternate() returns them."""
    return Row(works, unit, {name: [run[key] for run in taken] for name, taken in samples.items()}, **rest)


def figure(value):
    if value >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def version(name):
    if name not in VERSIONS:
        return ""
    answer = subprocess.run(["sh", "-c", VERSIONS[name]], capture_output=True, text=True, check=False, timeout=10)
    found = re.search(r"\d+(\.\d+)+[-\w.]*", answer.stdout + answer.stderr)
    return found.group() if found else ""


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as text:
        model = re.search(r"model name\s*: (.*)", text.read())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} x {model.group(1) if model else platform.machine()}, {memory:.0f} GiB, " \
        f"{platform.system()} {platform.release()}"


def others_share(before, after, seconds):
    """How much of the machine others used meanwhile, in percent; BEFORE and AFTER as stage.busy() gives them."""
    machine_spent, we_spent = after[0] - before[0], after[1] - before[1]
    return max(0, (machine_spent - we_spent) / seconds / os.cpu_count() * 100)


def provenance(rows, others):
    names = sorted({name.split(",")[0] for row in rows for _work, name, _verdict in row.verdicts()})
    known = [f"{name} {version(name)}" for name in names if version(name)]
    when = datetime.datetime.now().strftime("%Y-%m-%d %H:%M")
    return f"{when}, {machine()}; other work took {others:.0f} % of the CPU meanwhile" + (f"; {', '.join(known)}" if known else "") + ".\n"


def chart(item, rows):
    """An SVG of bars, each row scaled to its own greatest."""
    parts, y = [], 10
    for row in rows:
        unit = row.unit + (", less is better" if row.low else "")
        parts.append(f'<text x="10" y="{y + 12}" class="work">{html.escape(f"{row.work} ({unit})")}</text>')
        y += 22
        greatest = max(row.medians.values()) or 1
        for name, median, *_ in row.cells():
            width = max(1, 420 * row.medians[name] / greatest)
            kind = name if name in ("sockkit", "bare") else "peer"
            parts.append(f'<text x="170" y="{y + 11}" class="name">{html.escape(name)}</text>'
                         f'<rect x="180" y="{y}" width="{width:.1f}" height="14" class="{kind}"/>'
                         f'<text x="{186 + width:.1f}" y="{y + 11}">{median}</text>')
            y += 18
        y += 12
    style = "text{font:11px sans-serif}.work{font-weight:bold}.name{text-anchor:end}" \
        ".sockkit{fill:#1f77b4}.bare{fill:#bbb}.peer{fill:#e0a060}"
    with open(os.path.join(PLOTS, item + ".svg"), "w", encoding="utf-8") as svg:
        svg.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="700" height="{y}"><style>{style}</style>'
                  f'<rect width="700" height="{y}" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n")


def section(item, rows, notes, others):
    verdicts = [verdict for row in rows for verdict in row.verdicts()]
    missed = sorted({work for work, _name, verdict in verdicts if "MISSED" in verdict})
    parts = [f"## {item}\n", provenance(rows, others)]
    if others > 10:
        parts.append("The machine was not quiet: ratios are off, some by much.\n")
    judged = [verdict for _work, _name, verdict in verdicts if verdict and verdict[0] != "n"]
    parts.append("Floor missed: " + "; ".join(missed) + ".\n" if missed else "No floor missed.\n" if judged else "")
    if not any(name == "sockkit" for _work, name, _verdict in verdicts):
        parts.append("sockkit has no figure: not built yet, or it failed.\n")
    parts += [note + "\n" for note in notes]
    parts += [row.table() for row in rows]
    bars = [row for row in rows if isinstance(row, Row)]
    if bars:
        chart(item, bars)
        parts.append(f"![{item}](plots/{item}.svg)\n")
    return "\n".join(parts)


def write(item, rows, notes, others, order):
    """Puts the item's section in RESULTS.md, in its place; the others stay."""
    sections = {}
    if os.path.exists(RESULTS):
        with open(RESULTS, encoding="utf-8") as text:
            for part in re.split(r"^(?=## )", text.read(), flags=re.M)[1:]:
                sections[part[3:].split("\n", 1)[0]] = part.rstrip() + "\n"
    os.makedirs(PLOTS, exist_ok=True)
    sections[item] = section(item, rows, notes, others)
    with open(RESULTS, "w", encoding="utf-8") as text:
        text.write("\n".join([HEAD] + [sections[name] for name in order if name in sections]))
