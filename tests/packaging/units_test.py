#!/usr/bin/env python3
"""The systemd units: what systemd itself says of them. Skipped where there is no systemd-analyze."""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
UNITS = CHECKOUT / "packaging" / "systemd"
# The exposure that `systemd-analyze security` counts, in tenths: 0 is nothing, 100 everything. Its word for up to 49 is OK or better;
# what is left is that the services use the network, which is what they are for.
MOST_EXPOSURE = 15
NAMES = {"obscura-worker.service": "obscura-worker.service", "obscura-admin.service": "obscura-admin.service",
         "obscura-nats@.service": "obscura-nats@hub.service"}


@unittest.skipUnless(shutil.which("systemd-analyze") or os.environ.get("CI") == "true", "systemd-analyze is not here")
class UnitsTest(unittest.TestCase):
    """The units with the programs of this build in the place of those that are installed."""

    options = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="obscura-units-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        for unit, instance in NAMES.items():
            text = (UNITS / unit).read_text().replace("/usr/bin/obscura", f"{self.options.bin}/obscura")
            (self.folder / instance).write_text(text.replace("/usr/sbin/nats-server", self.server()))

    @staticmethod
    def server():
        return shutil.which("nats-server", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "/bin/true"

    def analyze(self, *words):
        return subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, timeout=60, check=False)

    def test_all_units_are_looked_at(self):
        self.assertEqual({path.name for path in UNITS.iterdir()}, set(NAMES))

    def test_systemd_takes_them(self):
        for name in NAMES.values():
            done = self.analyze("verify", "--man=no", "--recursive-errors=no", self.folder / name)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), name)

    def test_systemd_complains_about_what_is_wrong(self):
        path = self.folder / "obscura-worker.service"
        path.write_text(path.read_text().replace("ProtectSystem=strict", "ProtectSystem=stricter"))
        self.assertIn("Failed to parse", self.analyze("verify", "--man=no", "--recursive-errors=no", path).stderr)

    def test_they_are_hardened(self):
        for name in NAMES.values():
            done = self.analyze("security", "--offline=true", f"--threshold={MOST_EXPOSURE}", "--no-pager", self.folder / name)
            self.assertEqual(done.returncode, 0, f"{name}: {done.stdout[-300:]}{done.stderr}")
        loose = self.folder / "loose.service"
        loose.write_text(re.sub(r"^(Protect|Private|Restrict|Capability|SystemCall)\w+=.*\n", "",
                                (self.folder / "obscura-worker.service").read_text(), flags=re.MULTILINE))
        self.assertNotEqual(self.analyze("security", "--offline=true", f"--threshold={MOST_EXPOSURE}", loose).returncode, 0)

    def test_a_worker_has_the_time_that_it_takes_to_drain(self):
        text = (UNITS / "obscura-worker.service").read_text()
        drain = int(re.search(r"--drain-s (\d+)", text).group(1))
        self.assertGreater(int(re.search(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE).group(1)), drain)


class CommandsTest(unittest.TestCase):
    """What the units start are commands that the programs know."""

    options = None

    def test_the_programs_know_the_options_of_the_units(self):
        for unit in ("obscura-worker.service", "obscura-admin.service"):
            words = re.search(r"^ExecStart=(.*)$", (UNITS / unit).read_text(), re.MULTILINE).group(1).split()
            program = self.options.bin / pathlib.Path(words[0]).name
            known = subprocess.run([program, words[1], "--help"], capture_output=True, text=True, check=True).stdout
            for word in words[2:]:
                if word.startswith("--"):
                    self.assertIn(word, known, unit)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, type=lambda path: pathlib.Path(path).resolve(), help="folder of the programs")
    options, words = parser.parse_known_args()
    UnitsTest.options = CommandsTest.options = options
    unittest.main(argv=[sys.argv[0], *words], verbosity=2)


if __name__ == "__main__":
    main()
