"""What the scripts that draw figures have in common: SVG by hand, axes, ticks. Needs nothing but Python."""

import math
from xml.sax.saxutils import escape

INK = "#7d8590"
COLOURS = ["#3b82f6", "#e07b00", "#16a34a"]


class Drawing:
    """An SVG in the making; coordinates in pixels, y down."""

    def __init__(self, width, height, title, source):
        self.width, self.height = width, height
        self.title = title
        self.parts = []
        self.text(width / 2, 22, title, size=16, anchor="middle", weight="bold")
        self.text(width / 2, height - 8, source, size=10, anchor="middle")

    def line(self, x1, y1, x2, y2, colour=INK, width=1, opacity=1.0, dash=""):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
                          f'stroke-width="{width}" opacity="{opacity}"' + (f' stroke-dasharray="{dash}"' if dash else "") + "/>")

    def text(self, x, y, words, size=12, anchor="start", weight="normal", turned=False):
        turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
                          f'font-weight="{weight}"{turn}>{escape(words)}</text>')

    def curve(self, points, colour, dash=""):
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{corners}" fill="none" stroke="{colour}" stroke-width="2"'
                          + (f' stroke-dasharray="{dash}"' if dash else "") + "/>")
        for x, y in points:
            self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')

    def bar(self, x, y, width, height, colour, opacity):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}" '
                          f'opacity="{opacity}"/>')

    def key(self, x, y, colour, words, dash=""):
        self.line(x, y - 4, x + 26, y - 4, colour, 2, dash=dash)
        self.text(x + 32, y, words)

    def svg(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
                f'width="{self.width}" height="{self.height}" role="img" font-family="sans-serif" fill="{INK}">\n'
                f"<title>{escape(self.title)}</title>\n" + "\n".join(self.parts) + "\n</svg>\n")


class Axis:
    """Values of [first, last] along pixels of [start, end], logarithmic or not."""

    def __init__(self, first, last, start, end, logarithmic=False):
        self.start, self.end = start, end
        self.scale = math.log if logarithmic else float
        self.first, self.last = self.scale(first), self.scale(last)

    def __call__(self, value):
        return self.start + (self.scale(value) - self.first) / (self.last - self.first) * (self.end - self.start)


def frame(drawing, x, y, x_ticks, y_ticks):
    """Both axes, with ticks as (value, label)."""
    for value, label in y_ticks:
        drawing.line(x.start, y(value), x.end, y(value), opacity=0.35)
        drawing.text(x.start - 6, y(value) + 4, label, size=11, anchor="end")
    for value, label in x_ticks:
        drawing.line(x(value), y.start, x(value), y.start + 5)
        drawing.text(x(value), y.start + 18, label, size=11, anchor="middle")
    drawing.line(x.start, y.start, x.end, y.start)
    drawing.line(x.start, y.start, x.start, y.end)


def ticks_of_decades(low, high):
    """1, 2, 5 of every power of ten that [low, high] meets; the first is at or below low, the last at or above high."""
    values = [m * 10.0 ** e for e in range(-4, 7) for m in (1, 2, 5)]
    first = max(v for v in values if v <= low)
    last = min(v for v in values if v >= high)
    return [(v, f"{v:g}") for v in values if first <= v <= last]


def round_ticks(high):
    """From zero in steps of 1, 2 or 5 times a power of ten, three to six of them, to at least high."""
    step = next(m * 10.0 ** e for e in range(-4, 7) for m in (1, 2, 5) if m * 10.0 ** e * 5 >= high)
    return [(step * i, f"{step * i:g}") for i in range(math.ceil(high / step) + 1)]
