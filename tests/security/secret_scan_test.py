#!/usr/bin/env python3
"""After a whole run - keys, a sealed model, requests, a site with a worker, answers - no secret stands where it does not belong.

Looked through are every file that the run left (sealed model, keys, requests, results, the site's queue and blobs, the worker's cache,
tickets, logs, what the programs printed) and the memory of the worker and the administrator while they live. That the search
finds what it looks for is shown where secrets belong: in the secret key file, the plan, the images, and in the memory of the
submitter that holds the key. What is not looked for: keys, weights and inputs encoded as polynomials (but for the key itself),
and numbers rounded to other types.
"""

import argparse
import pathlib
import random
import struct
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "cli"))

from site_shop import SLOW, Site, wait_for  # noqa: E402
from workshop import MODEL, Workshop  # noqa: E402

import secret_patterns  # noqa: E402

SIDE = 28
CHUNK = 1 << 24


def npy(values):
    """A .npy file, version 1.0, of float32 in C order."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': (1, {SIDE}, {SIDE}), }}"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}f", *values)


def memory_of(process):
    """Everything that a process of ours can read of itself, piece by piece; what belongs to the kernel is left out."""
    with open(f"/proc/{process}/maps", encoding="utf-8") as maps, open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        for line in maps:
            place, rights, *_ = line.split()
            if "r" not in rights or "[v" in line:
                continue
            first, end = (int(edge, 16) for edge in place.split("-"))
            yield from _pieces(memory, first, end)


def _pieces(memory, first, end):
    """Pieces that overlap by more than a pattern's length."""
    for start in range(first, end, CHUNK):
        try:
            memory.seek(start)
            yield memory.read(min(CHUNK + 4096, end - start))
        except OSError:
            return  # a mapping that went away, or that nobody may read


def found_in(pieces, patterns):
    """Names of the patterns in the pieces."""
    found = set()
    for piece in pieces:
        found |= {name for name, pattern in patterns.items() if name not in found and pattern in piece}
    return found


class ReadableWorkshop(Workshop):
    """Of programs whose memory may be read by whoever started them."""

    def environment(self):
        return {**super().environment(), "LD_PRELOAD": str(SecretScan.preload)}


class SecretScan(unittest.TestCase):
    programs = None
    preload = None

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="obscura-scan-")
        cls.addClassCleanup(temporary.cleanup)
        cls.shop = shop = ReadableWorkshop(cls.programs.resolve(), temporary.name)
        cls.draw_images()
        cls.site = Site(shop, "site")
        cls.addClassCleanup(cls.site.close)
        names = cls.site.push(shop.sealed)
        cls.worker = cls.site.worker(*names, *SLOW)
        cls.admin = cls.site.supervisor()
        cls.make_patterns()
        cls.holder = cls.site.start("holder", "obscura", "submit", "--watch", cls.frames, "--key", shop.public, *names, "--secret",
                                    shop.secret, "--frames", "3", *cls.site.client())
        wait_for(lambda: "watching" in cls.holder.text(), "the folder watched")
        cls.in_memory = {"worker, before": cls.search_memory(cls.worker), "administrator": cls.search_memory(cls.admin)}
        for image in cls.images:
            (cls.frames / image.name).write_bytes(image.read_bytes())
        cls.seen, cls.looks = set(), 0
        wait_for(cls.answered, "two answers")
        cls.in_memory["worker, in work"] = cls.seen
        cls.in_memory["worker, after"] = cls.search_memory(cls.worker)
        cls.holders = cls.search_memory(cls.holder)
        shop.run("obscura", "decrypt", shop.result, "--key", shop.secret)
        assert cls.worker.stop() == 0 and cls.worker.events()[-1]["tasks"] == 2, cls.worker.text()

    @classmethod
    def draw_images(cls):
        """Pictures of noise, each in a format that keeps its numbers as they are."""
        draw = random.Random(20)
        cls.pixels = bytes(draw.randrange(256) for _ in range(SIDE * SIDE))
        cls.values = struct.unpack(f"<{SIDE * SIDE}f", struct.pack(f"<{SIDE * SIDE}f", *(draw.random() for _ in range(SIDE * SIDE))))
        folder = cls.shop.root / "images"
        cls.frames = cls.shop.root / "frames"
        folder.mkdir()
        cls.frames.mkdir()
        cls.images = [folder / "noise.pgm", folder / "noise.npy"]
        cls.images[0].write_bytes(f"P5 {SIDE} {SIDE} 255\n".encode() + cls.pixels)
        cls.images[1].write_bytes(npy(cls.values))

    @classmethod
    def make_patterns(cls):
        shop = cls.shop
        cls.patterns = {**secret_patterns.key_patterns(shop.secret.read_bytes()),
                        **secret_patterns.weight_patterns(shop.plan.read_bytes()),
                        **secret_patterns.network_patterns(MODEL.read_bytes()),
                        **secret_patterns.pixel_patterns(cls.pixels), **secret_patterns.real_image_patterns(cls.values)}

    @classmethod
    def search_memory(cls, process):
        return found_in(memory_of(process.process.pid), cls.patterns)

    @classmethod
    def answered(cls):
        """Whether both answers are there; looks into the worker while it works on them."""
        if cls.site.in_work():
            cls.seen |= cls.search_memory(cls.worker)
            cls.looks += 1
        return len(cls.holder.out.read_text().splitlines()) == 2

    def names(self, *beginnings):
        return {name for name in self.patterns if name.startswith(beginnings)}

    def found_in_file(self, path):
        return found_in([path.read_bytes()], self.patterns)

    def test_secrets_are_found_where_they_belong(self):
        self.assertEqual(self.found_in_file(self.shop.secret), {"key: seed"})
        of_plan = {name for name in self.names("weight") if name.endswith("doubles")}
        self.assertGreaterEqual(len(of_plan), 8)
        self.assertLessEqual(of_plan, self.found_in_file(self.shop.plan))
        of_network = {name for name in self.names("network") if name.endswith("floats")}
        self.assertGreaterEqual(len(of_network), 3)
        self.assertEqual(self.found_in_file(MODEL), of_network)
        self.assertEqual(self.found_in_file(self.images[0]), self.names("pixels"))
        self.assertEqual(self.found_in_file(self.images[1]), {name for name in self.names("image") if name.endswith("floats")})

    def test_the_key_is_found_in_the_memory_of_its_holder(self):
        """As its values modulo every prime, which shows that the patterns are those of the engine."""
        values = {name for name in self.names("key: values") if not name.endswith("packed")}
        self.assertGreaterEqual(len(values), 4)
        self.assertLessEqual(values | {"key: seed"}, self.holders)

    def test_no_worker_and_no_administrator_holds_a_secret(self):
        for moment, found in self.in_memory.items():
            with self.subTest(moment):
                self.assertEqual(found, set())

    def test_memory_is_really_read(self):
        """The worker was met at work; and what a process was told stands in what is read of it."""
        self.assertGreater(self.looks, 0)
        marker = {"folder": str(self.site.folder).encode()}
        self.assertEqual(found_in(memory_of(self.admin.process.pid), marker), {"folder"})

    def test_no_file_holds_a_secret_of_another(self):
        shop = self.shop
        belongs = {shop.secret: {"key: seed"}, shop.plan: self.names("weight", "network")}
        for folder in (self.frames, self.images[0].parent):
            belongs.update({folder / image.name: self.names("pixels", "image") for image in self.images})
        files = [path for path in shop.root.rglob("*") if path.is_file()]
        looked_at = {path.relative_to(shop.root).parts[0] for path in files}
        self.assertLessEqual({"digits.sealed", "keys", "site", "site.cache", "site.state", "answer.ct", "three.ct"}, looked_at)
        self.assertTrue(any(path.suffix == ".log" for path in files))
        for path in files:
            with self.subTest(path.relative_to(shop.root)):
                self.assertLessEqual(self.found_in_file(path), belongs.get(path, set()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, type=pathlib.Path, help="folder of the programs")
    parser.add_argument("--preload", required=True, type=pathlib.Path, help="the library that keeps their memory readable")
    options, words = parser.parse_known_args()
    SecretScan.programs, SecretScan.preload = options.bin, options.preload.resolve()
    unittest.main(argv=[sys.argv[0], *words], verbosity=2)


if __name__ == "__main__":
    main()
