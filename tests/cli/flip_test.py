"""Random single-bit flips of real artefacts: each is refused by the command that reads the file."""

import concurrent.futures
import os
import random

from command_line import MESSAGE, CommandLineTest, documented_codes
from readers import READERS, reading_command

SEED = 20240229
FLIPS_PER_KIND = 20  # for the exit codes; tests/runtime flips 2,000 bits in process
FRONT_BYTES = 2048  # header, signature and table: half of the flips go here, half anywhere


def flip(path, bit):
    with open(path, "r+b") as file:
        file.seek(bit // 8)
        byte = file.read(1)[0]
        file.seek(bit // 8)
        file.write(bytes([byte ^ 1 << bit % 8]))


class FlipTest(CommandLineTest):
    def bits(self, kind, size):
        draw = random.Random(f"{SEED} {kind}")
        front = min(size, FRONT_BYTES)
        return [draw.randrange(8 * (front if i % 2 else size)) for i in range(FLIPS_PER_KIND)]

    def try_bits(self, kind, folder, bits):
        """Flips each of these bits in a copy of its own; returns what was not refused as it should be."""
        folder.mkdir()
        victim = folder / kind
        victim.write_bytes(getattr(self.shop, kind).read_bytes())
        command = (*reading_command(self.shop, kind, victim, folder / "out"), "--threads", "1")
        allowed = documented_codes()
        wrong = []
        for bit in bits:
            flip(victim, bit)
            answer = self.shop.run(*command)
            flip(victim, bit)
            told = MESSAGE.match(answer.err) and not answer.out
            if answer.code not in allowed or not told or os.listdir(folder) != [kind]:
                wrong.append((bit, answer, os.listdir(folder)))
        if self.shop.run(*command).code != 0:
            wrong.append("the file itself is refused")
        return wrong

    def check(self, kind):
        bits = self.bits(kind, getattr(self.shop, kind).stat().st_size)
        reading_command(self.shop, kind, self.out, self.out)  # makes all that the command needs
        lanes = os.cpu_count() or 1
        with concurrent.futures.ThreadPoolExecutor(lanes) as pool:
            tasks = [pool.submit(self.try_bits, kind, self.shop.root / f"{kind}_{lane}", bits[lane::lanes])
                     for lane in range(lanes)]
            wrong = [entry for task in tasks for entry in task.result()]
        self.assertEqual(wrong, [], f"seed {SEED}")


def _add_cases():
    for kind in READERS:
        setattr(FlipTest, f"test_{kind}", lambda self, kind=kind: self.check(kind))


_add_cases()
