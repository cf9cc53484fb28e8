#!/usr/bin/env python3
"""Which commit a build says it is: that of its sources, and no other."""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]


class CommitTest(unittest.TestCase):
    cmake = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="obscura-commit-")
        self.addCleanup(temporary.cleanup)
        self.root = pathlib.Path(temporary.name)
        self.sources = self.root / "sources"
        self.sources.mkdir()
        (self.sources / "file").write_text("as committed")

    def git(self, folder, *words):
        nobody = ("-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "-c", "commit.gpgsign=false")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return subprocess.run(["git", *nobody, "-C", folder, *words], capture_output=True, text=True, check=True,
                              env=environment).stdout.strip()

    def commit_all(self, folder):
        self.git(folder, "init", "-q")
        self.git(folder, "add", "-A")
        self.git(folder, "commit", "-q", "-m", "all")
        return self.git(folder, "rev-parse", "--short=12", "HEAD")

    def said_commit(self):
        output = self.root / "commit.cpp"
        subprocess.run([self.cmake, "-D", f"SOURCE={self.sources}", "-D", f"OUTPUT={output}", "-P", CHECKOUT / "cmake" / "commit.cmake"],
                       capture_output=True, check=True)
        return re.search(r'return "(.*)";', output.read_text()).group(1)

    def test_sources_in_their_own_repository(self):
        commit = self.commit_all(self.sources)
        self.assertEqual(self.said_commit(), commit)
        (self.sources / "file").write_text("changed")
        self.assertEqual(self.said_commit(), f"{commit}-dirty")

    def test_sources_in_a_worktree_of_their_own(self):
        commit = self.commit_all(self.sources)
        self.git(self.sources, "worktree", "add", "-q", "--detach", str(self.root / "beside"))
        self.sources = self.root / "beside"
        self.assertEqual(self.said_commit(), commit)

    def test_sources_outside_git(self):
        self.assertEqual(self.said_commit(), "unknown")

    def test_sources_unpacked_inside_another_repository(self):
        self.commit_all(self.root)
        self.assertEqual(self.said_commit(), "unknown")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--cmake", required=True)
    options, rest = parser.parse_known_args()
    CommitTest.cmake = options.cmake
    unittest.main(argv=sys.argv[:1] + rest)
