#!/usr/bin/env python3
"""Runs tests of the command line as black boxes: `run_tests.py --bin FOLDER NAME...` runs NAME_test.py beside this file.

With GTEST_OUTPUT=xml:FOLDER/ the cases are reported one by one in a file there, as GoogleTest would, for count_tests.py.
"""

import argparse
import os
import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

sys.dont_write_bytecode = True

from command_line import CommandLineTest  # noqa: E402
from workshop import Workshop  # noqa: E402


class CountedResult(unittest.TextTestResult):
    """Remembers how every single case ended."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.cases = {}

    def startTest(self, test):
        super().startTest(test)
        self.cases[test.id()] = "completed"

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.cases[test.id()] = "skipped"

    def bad_cases(self):
        """A subtest counts for the case that it belongs to."""
        return {getattr(test, "test_case", test).id() for test, _ in self.failures + self.errors}

    def write_xml(self, path):
        root = ElementTree.Element("testsuites")
        suite = ElementTree.SubElement(root, "testsuite")
        bad = self.bad_cases()
        for name in {**self.cases, **dict.fromkeys(bad)}:
            group, _, case = name.rpartition(".")
            entry = ElementTree.SubElement(suite, "testcase", classname=group, name=case, status="run",
                                           result=self.cases.get(name, "completed"))
            if name in bad:
                ElementTree.SubElement(entry, "failure")
        ElementTree.ElementTree(root).write(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=pathlib.Path, help="folder of the programs")
    parser.add_argument("names", nargs="+", help="NAME of NAME_test.py, or of a class or case in it: NAME_test.Class.case")
    arguments = parser.parse_args()
    names = [name if "_test" in name else f"{name}_test" for name in arguments.names]
    tests = unittest.defaultTestLoader.loadTestsFromNames(names)
    with tempfile.TemporaryDirectory(prefix="obscura-cli-") as folder:
        CommandLineTest.shop = Workshop(arguments.bin.resolve(), folder)
        CommandLineTest.out = pathlib.Path(folder) / "out"
        result = unittest.TextTestRunner(verbosity=2, resultclass=CountedResult).run(tests)
    output = os.environ.get("GTEST_OUTPUT", "")
    if output.startswith("xml:"):
        result.write_xml(pathlib.Path(output[4:]) / f"cli_{'_'.join(arguments.names)}.xml")
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
