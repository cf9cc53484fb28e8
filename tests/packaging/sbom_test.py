#!/usr/bin/env python3
"""The software bill of materials: valid, complete against what programs load while they run, and refused for what nobody knows."""

import argparse
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
PURL = re.compile(r"\Apkg:deb/debian/[a-z0-9][a-z0-9.+-]+@[A-Za-z0-9.~%_-]+\?arch=(amd64|arm64|all)\Z")
INITIALISED = re.compile(r"calling init: (/\S+)")


@unittest.skipUnless(shutil.which("dpkg-query") or os.environ.get("CI") == "true", "Debian's tools are not here")
class SbomTest(unittest.TestCase):
    build = None

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="obscura-sbom-")
        cls.addClassCleanup(temporary.cleanup)
        cls.root = pathlib.Path(temporary.name)
        done = cls.sbom(cls.root / "sbom.json")
        assert done.returncode == 0, done.stderr
        cls.document = json.loads((cls.root / "sbom.json").read_text())

    @classmethod
    def sbom(cls, output, **environment):
        return subprocess.run([sys.executable, CHECKOUT / "scripts" / "sbom", "--build", cls.build, "-o", output], text=True,
                              capture_output=True, timeout=120, check=False, env={**os.environ, **environment})

    def files(self):
        return {file["name"]: file["hashes"][0] for component in self.document["components"]
                for file in component.get("components", [])}

    def test_it_is_a_bill_of_the_three_programs(self):
        self.assertEqual((self.document["bomFormat"], self.document["specVersion"], self.document["version"]), ("CycloneDX", "1.5", 1))
        programs = [part["name"] for part in self.document["metadata"]["component"]["components"]]
        self.assertEqual(programs, ["obscura", "obscura-worker", "obscura-admin"])
        references = [part["bom-ref"] for part in self.document["components"]]
        self.assertEqual(len(references), len(set(references)))
        self.assertEqual([entry["ref"] for entry in self.document["dependencies"]], programs)
        for entry in self.document["dependencies"]:
            self.assertLessEqual(set(entry["dependsOn"]), set(references))
        needed = {reference for entry in self.document["dependencies"] for reference in entry["dependsOn"]}
        self.assertEqual(needed, set(references), "a package that no program needs")

    def test_every_package_has_a_name_a_version_a_licence_and_an_address(self):
        for part in self.document["components"]:
            with self.subTest(part["name"]):
                installed = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", part["name"]], capture_output=True, text=True,
                                           check=True).stdout
                self.assertEqual(part["version"], installed)
                self.assertRegex(part["purl"], PURL)
                self.assertEqual(part["type"], "library")
                licence = part["licenses"][0]["license"]["name"]
                self.assertTrue(licence)
                if licence.startswith("see "):
                    self.assertTrue(pathlib.Path(licence[len("see "):]).is_file())

    def test_every_shared_object_has_its_digest(self):
        self.assertTrue(self.files())
        for name, digest in self.files().items():
            self.assertEqual(digest, {"alg": "SHA-256", "content": hashlib.sha256(pathlib.Path(name).read_bytes()).hexdigest()})

    def test_libraries_that_leave_no_shared_object_are_named(self):
        uses = {part["name"]: {entry["value"] for entry in part["properties"] if entry["name"] == "obscura:use"}
                for part in self.document["components"]}
        for package in ("nlohmann-json3-dev", "libcli11-dev", "libexpected-dev"):
            self.assertEqual(uses[package], {"headers"})

    def test_it_names_all_that_programs_load_while_they_run(self):
        """The loader's own account of a run: also what is opened behind its back (dlopen)."""
        programs = pathlib.Path(self.build) / "bin"
        runs = ([programs / "obscura", "compile", CHECKOUT / "models" / "mnist_cryptonets" / "model.onnx", "--calibrate",
                 CHECKOUT / "models" / "digits", "-o", self.root / "model"],
                [programs / "obscura", "keygen", self.root / "model.spec", "--unprotected", "-o", self.root / "keys"],
                [programs / "obscura-worker", "--version"], [programs / "obscura-admin", "--version"])
        loaded = set()
        for words in runs:
            log = self.root / "loader"
            done = subprocess.run(words, env={**os.environ, "LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(log)}, timeout=300,
                                  stdin=subprocess.DEVNULL, capture_output=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            for path in self.root.glob("loader.*"):
                loaded |= {os.path.realpath(name) for name in INITIALISED.findall(path.read_text())}
                path.unlink()
        self.assertGreater(len(loaded), 10)
        self.assertEqual(loaded - set(self.files()), set())

    def test_what_belongs_to_no_package_is_refused(self):
        stranger = self.root / "libstranger.so"
        shutil.copy(next(name for name in self.files() if "/libz.so" in name), stranger)
        done = self.sbom(self.root / "refused.json", LD_PRELOAD=str(stranger))
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"no package holds {stranger}", done.stderr)
        self.assertFalse((self.root / "refused.json").exists())

    def test_it_is_the_same_each_time(self):
        self.assertEqual(self.sbom(self.root / "again.json").returncode, 0)
        self.assertEqual((self.root / "again.json").read_bytes(), (self.root / "sbom.json").read_bytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="the build folder, with its programs built")
    options, words = parser.parse_known_args()
    SbomTest.build = options.build
    unittest.main(argv=[sys.argv[0], *words], verbosity=2)


if __name__ == "__main__":
    main()
