"""How a cost grows: a curve, as a line of RESULTS.md, a table and a plot made by gnuplot."""

import os
import re
import shutil
import subprocess

from report import PLOTS, figure

WORSE = 2  # the cost of one, at the end of a curve, beside the least of the curve: more is worse than linear

PLOT = """set terminal svg size 560,260 background rgb 'white' font 'sans,11'
set output '{path}'
set title '{title}'
set xlabel '{along}'
set ylabel '{unit}'
set logscale x
{scale}
set grid
unset key
plot '-' using 1:2 with linespoints linecolor rgb '#1f77b4' pointtype 7 pointsize 0.6
{points}
e
"""


class Curve:
    """What ONE costs, along a number of THINGS: points is number: cost of one. What is fixed weighs less and less."""

    def __init__(self, work, unit, things, points):
        self.work, self.unit, self.things, self.points = work, unit, things, points
        self.medians = points

    def growth(self):
        """The cost of one at the end, beside the least on the way there."""
        return list(self.points.values())[-1] / (min(self.points.values()) or 1)

    def verdicts(self):
        return [(self.work, "sockkit", "**MISSED**" if self.growth() > WORSE else "ok")]

    def sentence(self):
        numbers = list(self.points)
        first, last = self.points[numbers[0]], self.points[numbers[-1]]
        return f"{figure(first)} {self.unit} at {figure(numbers[0])}, {figure(last)} at {figure(numbers[-1])} {self.things}: " \
            f"{figure(self.growth())} times the least, {'worse than linear' if self.growth() > WORSE else 'linear'}."

    def shown(self):
        pairs = "  ".join(f"{figure(number)}: {figure(cost)}" for number, cost in self.points.items())
        return [f"  {self.work} ({self.unit}, less is better)", f"    {pairs}", f"    {self.sentence()}"]

    def table(self):
        name = "growth-" + re.sub(r"[^a-z0-9]+", "-", self.work.lower()).strip("-")
        drawn = [f"![{self.work}](plots/{name}.svg)", ""] if self.draw(name) else []
        cells = [f"| {self.things} | " + " | ".join(map(figure, self.points)) + " |",
                 "| --- |" + " ---: |" * len(self.points),
                 f"| {self.unit} | " + " | ".join(map(figure, self.points.values())) + " |"]
        return "\n".join([f"**{self.work}**: {self.sentence()}", "", *cells, "", *drawn])

    def draw(self, name):
        """Whether there was a gnuplot to draw it."""
        if not shutil.which("gnuplot"):
            return False
        wide = max(self.points.values()) > 20 * (min(self.points.values()) or 1)
        points = "\n".join(f"{number} {cost}" for number, cost in self.points.items())
        script = PLOT.format(path=os.path.join(PLOTS, name + ".svg"), title=self.work, along=self.things, unit=self.unit,
                             scale="set logscale y" if wide else "set yrange [0:]", points=points)
        return subprocess.run(["gnuplot"], input=script, text=True, check=False).returncode == 0
