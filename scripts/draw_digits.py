#!/usr/bin/python3
"""Draws models/digits: 100 digit images of the project's own making, ten per class in three styles.

Every digit is a set of strokes defined below by hand in a unit box (x right, y down); no font file and no data set
is read. `pen` is a round pen on smooth curves, `round` a pocket-calculator shape with rounded corners, `brush` an
italic hand with a flat nib. Each drawing shakes its points and goes through a small affine distortion, and is then
framed as MNIST frames its digits: fitted into 20x20 pixels and put with its centre of mass in the middle of 28x28.
"""

import argparse
import math
import os

import numpy as np
from PIL import Image, ImageDraw

SEED = 7
SIDE = 28
BOX = 20
FINE = 12  # sub-pixels per pixel while drawing

# Strokes of one digit: "c" is a smooth curve through the points, "l" straight lines between them.
PEN = {
    0: [
        [
            ("c", [(.55, .02), (.25, .12), (.1, .45), (.2, .85), (.48, .98), (.78, .82), (.88, .48), (.76, .15),
                   (.55, .02), (.44, .05)]),
        ],
        [
            ("c", [(.68, .08), (.42, .02), (.16, .25), (.12, .62), (.34, .96), (.66, .94), (.88, .62), (.84, .26),
                   (.62, .04)]),
        ],
    ],
    1: [
        [
            ("l", [(.56, 0), (.5, 1)]),
        ],
        [
            ("l", [(.3, .22), (.55, 0), (.53, 1)]),
        ],
    ],
    2: [
        [
            ("c", [(.14, .24), (.3, .04), (.62, .02), (.8, .22), (.7, .48), (.4, .76), (.12, .97)]),
            ("c", [(.12, .97), (.45, .93), (.88, .95)]),
        ],
        [
            ("c", [(.16, .2), (.4, 0), (.74, .1), (.76, .36), (.5, .68), (.2, .92), (.1, .86), (.22, .76),
                   (.5, .92), (.74, .99), (.92, .9)]),
        ],
    ],
    3: [
        [
            ("c", [(.18, .1), (.45, 0), (.74, .1), (.72, .34), (.42, .47)]),
            ("c", [(.42, .47), (.76, .54), (.82, .8), (.52, .99), (.14, .9)]),
        ],
        [
            ("c", [(.14, .16), (.4, .01), (.7, .1), (.68, .36), (.44, .46), (.74, .56), (.82, .78), (.56, .98),
                   (.26, .98), (.1, .86)]),
        ],
    ],
    4: [
        [
            ("l", [(.28, .04), (.14, .52), (.84, .5)]),
            ("l", [(.74, .06), (.66, 1)]),
        ],
        [
            ("c", [(.2, .02), (.14, .3), (.2, .5), (.5, .54), (.78, .46)]),
            ("c", [(.8, 0), (.74, .5), (.7, 1)]),
        ],
    ],
    5: [
        [
            ("l", [(.82, .04), (.3, .05), (.24, .44)]),
            ("c", [(.24, .44), (.54, .38), (.82, .56), (.78, .84), (.46, 1), (.12, .9)]),
        ],
        [
            ("c", [(.34, .06), (.28, .26), (.24, .42)]),
            ("c", [(.24, .42), (.6, .42), (.8, .66), (.64, .94), (.34, .99), (.14, .9)]),
            ("c", [(.34, .06), (.58, .07), (.86, .02)]),
        ],
    ],
    6: [
        [
            ("c", [(.66, 0), (.38, .24), (.18, .58), (.24, .9), (.52, 1), (.78, .84), (.72, .6), (.46, .54),
                   (.2, .72)]),
        ],
        [
            ("c", [(.5, 0), (.24, .34), (.14, .72), (.34, .98), (.66, .96), (.76, .72), (.56, .56), (.3, .64),
                   (.18, .8)]),
        ],
    ],
    7: [
        [
            ("l", [(.12, .08), (.82, .06)]),
            ("c", [(.82, .06), (.6, .46), (.44, 1)]),
        ],
        [
            ("c", [(.1, .16), (.3, .06), (.6, .1), (.88, .04)]),
            ("c", [(.88, .04), (.66, .4), (.5, .7), (.42, 1)]),
        ],
    ],
    8: [
        [
            ("c", [(.7, .12), (.44, 0), (.22, .16), (.34, .4), (.66, .58), (.78, .82), (.5, 1), (.22, .84),
                   (.34, .58), (.66, .38), (.76, .16), (.6, .03)]),
        ],
        [
            ("c", [(.5, .47), (.24, .32), (.28, .06), (.56, 0), (.76, .16), (.66, .38), (.4, .54), (.18, .76),
                   (.34, .98), (.66, .97), (.8, .76), (.64, .54), (.5, .47)]),
        ],
    ],
    9: [
        [
            ("c", [(.78, .2), (.52, 0), (.22, .14), (.2, .4), (.46, .5), (.74, .34), (.8, .14)]),
            ("c", [(.8, .14), (.74, .5), (.66, 1)]),
        ],
        [
            ("c", [(.74, .1), (.44, .02), (.2, .22), (.28, .46), (.56, .44), (.76, .2)]),
            ("c", [(.76, .2), (.76, .56), (.62, .86), (.38, 1)]),
        ],
    ],
}

ROUND = {
    0: [
        [
            ("r", [(.5, 0), (.14, 0), (.14, 1), (.86, 1), (.86, 0), (.5, 0)]),
        ],
    ],
    1: [
        [
            ("r", [(.5, 0), (.5, 1)]),
        ],
        [
            ("r", [(.28, .16), (.52, 0), (.52, 1)]),
        ],
    ],
    2: [
        [
            ("r", [(.14, .1), (.14, 0), (.84, 0), (.84, .46), (.14, .54), (.14, 1), (.88, 1)]),
        ],
        [
            ("r", [(.14, 0), (.84, 0), (.84, .5), (.14, 1), (.88, 1)]),
        ],
    ],
    3: [
        [
            ("r", [(.14, 0), (.84, 0), (.84, .48), (.36, .48)]),
            ("r", [(.36, .48), (.84, .48), (.84, 1), (.12, 1)]),
        ],
    ],
    4: [
        [
            ("r", [(.14, 0), (.14, .54), (.84, .54)]),
            ("r", [(.8, 0), (.8, 1)]),
        ],
        [
            ("r", [(.3, 0), (.14, .6), (.9, .6)]),
            ("r", [(.7, .26), (.7, 1)]),
        ],
    ],
    5: [
        [
            ("r", [(.84, 0), (.18, 0), (.18, .46), (.84, .46), (.84, 1), (.12, 1)]),
        ],
    ],
    6: [
        [
            ("r", [(.7, 0), (.16, 0), (.16, 1), (.84, 1), (.84, .5), (.16, .5)]),
        ],
        [
            ("r", [(.56, 0), (.16, .44), (.16, 1), (.84, 1), (.84, .5), (.2, .5)]),
        ],
    ],
    7: [
        [
            ("r", [(.12, 0), (.86, 0), (.66, 1)]),
        ],
        [
            ("r", [(.1, .14), (.1, 0), (.86, 0), (.46, 1)]),
        ],
    ],
    8: [
        [
            ("r", [(.5, 0), (.18, 0), (.18, .47), (.8, .47), (.8, 0), (.5, 0)]),
            ("r", [(.5, .47), (.12, .47), (.12, 1), (.86, 1), (.86, .47), (.5, .47)]),
        ],
    ],
    9: [
        [
            ("r", [(.8, .48), (.16, .48), (.16, 0), (.8, 0), (.8, 1)]),
        ],
        [
            ("r", [(.8, .48), (.16, .48), (.16, 0), (.8, 0), (.8, .74), (.7, 1), (.3, 1)]),
        ],
    ],
}

BRUSH = {
    0: [
        [
            ("c", [(.5, 0), (.2, .2), (.14, .6), (.32, .96), (.54, .98), (.82, .74), (.84, .34), (.68, .04),
                   (.5, 0)]),
        ],
    ],
    1: [
        [
            ("c", [(.34, .18), (.48, .1), (.58, 0)]),
            ("c", [(.58, 0), (.54, .5), (.5, 1)]),
        ],
        [
            ("c", [(.52, 0), (.54, .4), (.5, 1)]),
        ],
    ],
    2: [
        [
            ("c", [(.2, .26), (.28, .06), (.56, 0), (.78, .16), (.72, .42), (.44, .72), (.14, .96)]),
            ("c", [(.14, .96), (.34, .9), (.6, .98), (.9, .9)]),
        ],
    ],
    3: [
        [
            ("c", [(.22, .14), (.42, 0), (.7, .08), (.7, .32), (.4, .45)]),
            ("c", [(.4, .45), (.68, .48), (.8, .7), (.64, .94), (.36, 1), (.12, .88)]),
        ],
    ],
    4: [
        [
            ("c", [(.46, 0), (.32, .3), (.12, .62)]),
            ("c", [(.12, .62), (.5, .6), (.9, .58)]),
            ("c", [(.68, .3), (.64, .64), (.58, 1)]),
        ],
        [
            ("c", [(.28, .02), (.18, .3), (.14, .5)]),
            ("c", [(.14, .5), (.48, .54), (.82, .48)]),
            ("c", [(.78, .04), (.72, .5), (.66, 1)]),
        ],
    ],
    5: [
        [
            ("c", [(.36, .04), (.32, .22), (.26, .42)]),
            ("c", [(.26, .42), (.56, .38), (.78, .58), (.72, .86), (.44, 1), (.14, .92)]),
            ("c", [(.36, .04), (.6, .06), (.86, 0)]),
        ],
    ],
    6: [
        [
            ("c", [(.72, 0), (.42, .2), (.2, .56), (.22, .88), (.48, 1), (.74, .86), (.74, .62), (.52, .5),
                   (.26, .66)]),
        ],
    ],
    7: [
        [
            ("c", [(.14, .14), (.2, .06), (.5, .08), (.86, .04)]),
            ("c", [(.86, .04), (.62, .44), (.46, 1)]),
        ],
    ],
    8: [
        [
            ("c", [(.72, .14), (.5, 0), (.26, .14), (.34, .38), (.64, .58), (.74, .82), (.48, 1), (.2, .84),
                   (.34, .56), (.68, .36), (.72, .14)]),
        ],
    ],
    9: [
        [
            ("c", [(.74, .16), (.52, .02), (.26, .18), (.24, .42), (.48, .5), (.7, .34), (.76, .12)]),
            ("c", [(.76, .12), (.74, .5), (.58, .84), (.36, 1)]),
        ],
    ],
}

# Style: strokes, how many of the ten, width and its spread (pixels), nib flatness, shake, slant and its spread.
STYLES = {
    "pen": (PEN, 4, 2.3, 0.4, 0.0, 0.03, 0.05, 0.12),
    "round": (ROUND, 3, 2.4, 0.25, 0.0, 0.012, 0.06, 0.05),
    "brush": (BRUSH, 3, 2.9, 0.3, 0.5, 0.025, 0.22, 0.08),
}


def catmull_rom(points, steps=24):
    """A smooth curve through `points` (Catmull and Rom, 1974)."""
    p = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    curve = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:]):
        curve.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.vstack(curve + [points[-1:]])


def rounded(points, radius=0.2):
    """Straight lines whose corners are cut by quadratic Bezier arcs."""
    path = [points[:1]]
    t = np.linspace(0, 1, 16)[:, None]
    for before, corner, after in zip(points, points[1:], points[2:]):
        into, out = before - corner, after - corner
        start = corner + into * min(0.5, radius / np.linalg.norm(into))
        end = corner + out * min(0.5, radius / np.linalg.norm(out))
        path.append((1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end)
    return np.vstack(path + [points[-1:]])


def trace(kind, points):
    points = np.array(points, float)
    return {"c": catmull_rom, "l": lambda p: p, "r": rounded}[kind](points)


def distort(paths, rng, shake, slant, slant_spread):
    """Shakes the strokes by a smooth random field and slants, turns and stretches them."""
    phase, wave = rng.uniform(0, 2 * math.pi, (2, 3)), rng.normal(0, shake, (2, 3))
    angle = rng.normal(0, 0.05)
    lean = slant + rng.normal(0, slant_spread)
    width = rng.uniform(0.62, 0.86)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    moved = []
    for path in paths:
        x, y = path[:, 0], path[:, 1]
        dx = sum(w * np.sin(3 * (k + 1) * y + f) for k, (w, f) in enumerate(zip(wave[0], phase[0])))
        dy = sum(w * np.sin(3 * (k + 1) * x + f) for k, (w, f) in enumerate(zip(wave[1], phase[1])))
        bent = np.stack([(x + dx - 0.5) * width + lean * (0.5 - y), y + dy - 0.5], 1)
        moved.append(bent @ turn.T)
    return moved


def resample(path, step):
    """Points every `step` along `path`."""
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    at = np.arange(0, length[-1] + step, step).clip(max=length[-1])
    return np.stack([np.interp(at, length, path[:, k]) for k in (0, 1)], 1)


def nib(draw, x, y, radius, flatness):
    """One touch of the pen: a disc, or an ellipse held at 40 degrees."""
    angle = np.linspace(0, 2 * math.pi, 24, endpoint=False)
    tilt = -40 * math.pi / 180
    u, v = radius * np.cos(angle), radius * (1 - flatness) * np.sin(angle)
    outline = zip(x + u * math.cos(tilt) - v * math.sin(tilt), y + u * math.sin(tilt) + v * math.cos(tilt))
    draw.polygon([(float(a), float(b)) for a, b in outline], fill=255)


def ink(paths, rng, width_px, flatness):
    """Draws strokes fitted into the box; returns float [SIDE * FINE][SIDE * FINE] in 0..1."""
    joined = np.vstack(paths)
    low, high = joined.min(0), joined.max(0)
    reach = (BOX - width_px) / max(high - low)
    canvas = Image.new("L", (SIDE * FINE, SIDE * FINE), 0)
    draw = ImageDraw.Draw(canvas)
    swell, phase = rng.uniform(0.0, 0.15), rng.uniform(0, 2 * math.pi)
    for path in paths:
        points = resample(((path - (low + high) / 2) * reach + SIDE / 2) * FINE, 1.5)
        for k, (x, y) in enumerate(points):
            radius = 0.5 * width_px * FINE * (1 + swell * math.sin(phase + 3 * k / len(points)))
            nib(draw, x, y, radius, flatness)
    return np.asarray(canvas, float) / 255


def centre(fine):
    """Moves the centre of mass to the middle, to the nearest whole pixel as in MNIST, and shrinks to 28x28."""
    image = fine.reshape(SIDE, FINE, SIDE, FINE).mean((1, 3))
    total = image.sum()
    shift = []
    for axis in (0, 1):
        mass = image.sum(1 - axis)
        room = np.nonzero(mass > 0)[0]
        wanted = round((SIDE - 1) / 2 - float((mass * np.arange(SIDE)).sum() / total))
        shift.append(min(max(wanted, -int(room[0])), SIDE - 1 - int(room[-1])))
    image = np.roll(image, shift, (0, 1))
    return np.round(np.clip(image * 1.1, 0, 1) * 255).astype(np.uint8)


def draw_digit(digit, style, rng):
    strokes, _, width, spread, flatness, shake, slant, slant_spread = STYLES[style]
    variants = strokes[digit]
    chosen = variants[rng.integers(len(variants))]
    paths = distort([trace(kind, points) for kind, points in chosen], rng, shake, slant, slant_spread)
    width_px = max(1.6, rng.normal(width, spread))
    return centre(ink(paths, rng, width_px, flatness))


def draw_all():
    """(file name, digit, image) for all 100, in the order of their names."""
    rng = np.random.default_rng(SEED)
    drawn = []
    for digit in range(10):
        for style, settings in STYLES.items():
            for number in range(1, settings[1] + 1):
                drawn.append((f"{digit}_{style}_{number:02}.png", digit, draw_digit(digit, style, rng)))
    return sorted(drawn, key=lambda entry: entry[0])


def contact_sheet(drawn, path):
    sheet = Image.new("L", (10 * SIDE, 10 * SIDE), 0)
    for k, (_, _, image) in enumerate(drawn):
        sheet.paste(Image.fromarray(image), (k % 10 * SIDE, k // 10 * SIDE))
    sheet.resize((1120, 1120), Image.NEAREST).save(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--out", default=os.path.join(here, "..", "models", "digits"))
    parser.add_argument("--sheet", help="also write all images on one PNG, enlarged, to this file")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    drawn = draw_all()
    for name, _, image in drawn:
        Image.fromarray(image).save(os.path.join(args.out, name), optimize=True)
    with open(os.path.join(args.out, "labels.txt"), "w", encoding="utf-8") as labels:
        labels.writelines(f"{name} {digit}\n" for name, digit, _ in drawn)
    if args.sheet:
        contact_sheet(drawn, args.sheet)
    print(f"{len(drawn)} images in {os.path.normpath(args.out)}")


if __name__ == "__main__":
    main()
