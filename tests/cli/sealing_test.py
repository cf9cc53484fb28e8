"""A (key, seed, index) names one content: over sealing again and again, in one file and in stages, to the end and killed.

Two ciphertexts (m + e - a s, a) with the same a would tell the difference of what they hold.
"""

import hashlib
import struct
import subprocess
import time

import container
from command_line import CommandLineTest

FIRST_WEIGHT = 64
KILLS = 24
SEED_BYTES = 32


class Contents:
    """What was ever encrypted under which name."""

    def __init__(self):
        self.known = {}  # (key digest, seed, index) -> (digest of the content, file)
        self.files = 0
        self.fragments = 0

    def add(self, key, seed, index, content, path):
        digest = hashlib.sha256(content).digest()
        known, file = self.known.setdefault((key, seed, index), (digest, path))
        if known != digest:
            raise AssertionError(f"{path} and {file} hold different contents under one seed and index {index}")

    def read_sealed(self, path):
        """A sealed model or a stage of one; or as much as an interrupted writer left."""
        file = container.read(path)
        if file is None or not {2, 4} <= file.sections.keys():
            self.fragments += 1  # without the seed, which is written last, nobody can name what is there
            return
        info, seed = file.sections[2], file.sections[4]
        if info[32] != 0:
            raise AssertionError(f"{path} is not sealed under the secret key")
        first = struct.unpack_from("<Q", info, 33 + 2 * 32 + 2 * 4)[0] if file.kind == container.SEALED_STAGE else 0
        self.files += 1
        for section, content in file.sections.items():
            if section >= FIRST_WEIGHT:
                self.add(info[:32], seed, first + section - FIRST_WEIGHT, content, path)

    def read_evaluation_keys(self, path):
        """Index 0 of each seed: the first digit of a key, whose content is told apart by all of them."""
        sections = container.read(path).sections
        info = sections[2]
        key = info[32:64]
        (count,) = struct.unpack_from("<I", info, 64)
        for i in range(count):
            seed = info[68 + i * (6 + SEED_BYTES) + 6:][:SEED_BYTES]
            self.add(key, seed, 0, sections[FIRST_WEIGHT + i], path)

    def read_public_key(self, path):
        sections = container.read(path).sections
        self.add(sections[2][32:64], sections[4], 0, sections[FIRST_WEIGHT], path)

    def seeds(self):
        return {seed for _, seed, _ in self.known}


class SealingTest(CommandLineTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contents = Contents()
        cls.folder = cls.shop.root / "sealings"
        cls.folder.mkdir()

    def words(self, name, *options):
        return ("seal", self.shop.plan, "--key", self.shop.secret, "--sign", self.shop.vendor, *options, "-o", self.folder / name)

    def read_all(self, contents):
        """Of everything that lies in the folder."""
        for path in sorted(self.folder.iterdir()):
            if ".manifest" not in path.name:
                contents.read_sealed(path)

    def test_keys_and_sealings_share_no_seed(self):
        contents = Contents()
        contents.read_evaluation_keys(self.shop.evaluation)
        contents.read_public_key(self.shop.public)
        of_keys = len(contents.known)
        self.assertEqual(len(contents.seeds()), of_keys, "every key has a seed of its own")
        contents.read_sealed(self.shop.sealed)
        contents.read_sealed(self.shop.stranger_sealed)
        self.assertEqual(len(contents.seeds()), of_keys + 2)

    def test_stages_hold_what_the_whole_model_holds(self):
        self.shop.make(*self.words("both.sealed", "--stages", "2", "--whole"))
        whole, all_files = Contents(), Contents()
        whole.read_sealed(self.folder / "both.sealed")
        for path in self.folder.glob("both*.sealed"):
            all_files.read_sealed(path)
        self.assertEqual(all_files.files, 3)
        self.assertEqual(all_files.known.keys(), whole.known.keys())

    def test_the_check_can_fail(self):
        contents = Contents()
        contents.add(b"key", b"seed", 1, b"a", "one")
        contents.add(b"key", b"seed", 1, b"a", "two")
        with self.assertRaises(AssertionError):
            contents.add(b"key", b"seed", 1, b"b", "three")

    def test_killed_sealings(self):
        """Killed at moments from start to end; then sealed again under the same name, which is all there is to resume."""
        began = time.monotonic()
        self.shop.make(*self.words("timed.sealed"))
        whole = time.monotonic() - began
        contents = Contents()
        killed = 0
        for i in range(KILLS):
            options = ("--stages", "2", "--whole") if i % 2 else ()
            # Half of the moments in the last quarter, where files are written.
            moment = whole * ((i // 2) / (KILLS // 2) if i % 4 < 2 else 0.75 + 0.3 * (i // 2) / (KILLS // 2))
            process = subprocess.Popen([self.shop.programs / "obscura", *self.words("again.sealed", *options)],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.shop.environment())
            time.sleep(moment)
            process.kill()
            killed += process.wait() != 0
            self.read_all(contents)
        self.shop.make(*self.words("again.sealed"))
        self.read_all(contents)
        print(f"{killed} of {KILLS} sealings killed; {contents.files} files read, {contents.fragments} of them cut off, "
              f"{len(contents.seeds())} seeds, {len(contents.known)} names")
        self.assertGreater(killed, KILLS // 3)
        self.assertGreater(len(contents.seeds()), 2)
