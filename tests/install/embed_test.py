#!/usr/bin/env python3
"""What `cmake --install` leaves serves embedders: runs docs/guide/embed.md as it stands and looks at what comes of it."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(CHECKOUT / "tests" / "docs"), str(CHECKOUT / "tests" / "worker_boundary")]

import check_worker_boundary as boundary  # noqa: E402
import run_examples  # noqa: E402

GUIDE = CHECKOUT / "docs" / "guide" / "embed.md"
DIGITS = CHECKOUT / "models" / "digits"
CLIENT_ONLY_PACKAGES = ("PNG", "JPEG", "ZLIB")


class EmbedTest(unittest.TestCase):
    """The guide runs once for all tests, with BUILD and EMBED as it says they are set."""

    options = None

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="obscura-embed-")
        cls.addClassCleanup(temporary.cleanup)
        cls.root = pathlib.Path(temporary.name)
        cls.environment = {**os.environ, "BUILD": cls.options.build, "EMBED": temporary.name, "CXX": cls.options.cxx,
                           "PATH": f"{cls.options.bin}:{os.environ['PATH']}"}
        cls.printed = {line: cls.run_or_raise("bash", "-c", line) for line in run_examples.commands(GUIDE)}

    @classmethod
    def run_command(cls, *words):
        return subprocess.run([str(word) for word in words], cwd=CHECKOUT, env=cls.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=600, check=False)

    @classmethod
    def run_or_raise(cls, *words):
        done = cls.run_command(*words)
        if done.returncode != 0:
            raise AssertionError(f"{words} exited {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def classify(self, image):
        return self.run_command(self.root / "build" / "classify", self.root / "keys", self.root / "digits.sealed",
                                self.root / "vendor.pub", image)

    def configure(self, name, text, *words):
        """Configures a project of this text against the prefix, in a folder of this name."""
        (self.root / name).mkdir()
        (self.root / name / "CMakeLists.txt").write_text(
            f"cmake_minimum_required(VERSION 3.25)\nproject(p LANGUAGES CXX)\n{text}\n")
        return self.run_command("cmake", "-S", self.root / name, "-B", self.root / name, "-G", "Ninja",
                                f"-DCMAKE_PREFIX_PATH={self.root / 'prefix'}", *words)

    def test_the_guide_names_the_digit(self):
        self.assertEqual([out.split()[:2] for line, out in self.printed.items() if "/classify " in line], [["3", "(margin"]])
        self.assertEqual([out.split(": ")[1][:2] for line, out in self.printed.items() if "obscura decrypt" in line], ["3,"])

    def test_other_digits(self):
        for image in ("0_pen_01.png", "7_pen_02.png", "8_round_03.png"):
            with self.subTest(image=image):
                done = self.classify(DIGITS / image)
                self.assertEqual((done.returncode, done.stderr, done.stdout.split()[0]), (0, "", image[0]))

    def test_failures_are_a_sentence_and_a_hint(self):
        done = self.classify(self.root / "missing.png")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertRegex(done.stderr, r"\Aclassify: [^\n]*missing\.png[^\n]*\n  hint: \S[^\n]*\n\Z")

    def test_a_worker_holds_no_code_that_decrypts(self):
        build = self.root / "build"
        symbols = {path: boundary.rooms_in_symbols(self.run_or_raise(self.options.nm, "-C", path))
                   for path in (build / "answer", build / "classify", pathlib.Path(self.options.bin) / "obscura")}
        self.assertEqual(list(symbols.values()), [set(), {"fhe/secret"}, set(boundary.FORBIDDEN_ROOMS)])
        inputs = [boundary.rooms_in_inputs(self.run_or_raise("ninja", "-C", build, "-t", "inputs", name))
                  for name in ("answer", "classify")]
        self.assertEqual(inputs, [set(), {"fhe/secret"}])

    def test_every_header_compiles_alone(self):
        folder = self.root / "headers"
        self.run_or_raise("cmake", "-S", CHECKOUT / "tests" / "install" / "headers", "-B", folder, "-G", "Ninja",
                          f"-DCMAKE_PREFIX_PATH={self.root / 'prefix'}")
        installed = list((self.root / "prefix" / "include" / "obscura").rglob("*.hpp"))
        self.assertGreater(len(installed), 8)
        planned = self.run_or_raise("ninja", "-C", folder, "-t", "targets", "all").count(".hpp.cpp.o: ")
        self.assertEqual(planned, len(installed))
        self.run_or_raise("cmake", "--build", folder)

    def test_nothing_private_is_installed(self):
        include = self.root / "prefix" / "include" / "obscura"
        self.assertEqual([room for room in ("plan/weights", "compiler", "deploy/owner") if (include / room).exists()], [])
        for text in (self.root / "prefix").rglob("*.cmake"):
            self.assertNotIn(str(CHECKOUT), text.read_text(), f"{text.name} names the checkout")

    def test_a_worker_needs_only_its_own_packages(self):
        without = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in CLIENT_ONLY_PACKAGES]
        worker = self.configure("worker", "find_package(Obscura REQUIRED COMPONENTS worker)", *without)
        self.assertEqual(worker.returncode, 0, worker.stderr)
        client = self.configure("client", "find_package(Obscura REQUIRED COMPONENTS client)", *without)
        self.assertNotEqual(client.returncode, 0, "so this test shows nothing")
        self.assertIn("PNG", client.stderr)

    def test_other_versions_and_components_are_refused(self):
        for number, words in enumerate(("9.0 REQUIRED", "REQUIRED COMPONENTS owner")):
            with self.subTest(words=words):
                self.assertNotEqual(self.configure(f"refused{number}", f"find_package(Obscura {words})").returncode, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="the build folder, all of it built")
    parser.add_argument("--bin", required=True, help="folder of the programs")
    parser.add_argument("--cxx", required=True, help="the compiler that built it")
    parser.add_argument("--nm", default="nm")
    EmbedTest.options, words = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *words], verbosity=2)


if __name__ == "__main__":
    main()
