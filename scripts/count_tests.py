#!/usr/bin/env python3
"""Counts the test cases of one run of scripts/test: `N passed, N failed, N skipped`.

FOLDER holds what the run left: one XML file per GoogleTest program and one JUnit file per ctest call. Cases of GoogleTest
are counted one by one, any other ctest test as one, and a program that died before it wrote its file as one failure.
"""

import glob
import os
import sys
import xml.etree.ElementTree as ElementTree


def count_programs(folder):
    """(passed, failed, skipped cases; names of the skipped ones; programs without and with a failure)."""
    passed = failed = good = bad = 0
    skipped = []
    for path in sorted(glob.glob(os.path.join(folder, "*.xml"))):
        failures_here = 0
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            if case.get("status") == "notrun":
                continue
            if case.find("failure") is not None:
                failures_here += 1
            elif case.get("result") == "skipped" or case.find("skipped") is not None:
                skipped.append(f"{case.get('classname')}.{case.get('name')}")
            else:
                passed += 1
        failed += failures_here
        good, bad = (good, bad + 1) if failures_here else (good + 1, bad)
    return passed, failed, skipped, good, bad


def count_ctest(folder):
    """(passed, failed) as ctest saw its tests."""
    passed = failed = 0
    for path in glob.glob(os.path.join(folder, "*.junit")):
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            if case.get("status") == "run":
                passed += 1
            elif case.get("status") == "fail":
                failed += 1
    return passed, failed


def count(folder):
    """(passed, failed, names of the skipped)."""
    passed, failed, skipped, good, bad = count_programs(folder)
    ctest_passed, ctest_failed = count_ctest(folder)
    return passed + max(0, ctest_passed - good), failed + max(0, ctest_failed - bad), skipped


def main():
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        print("usage: count_tests.py FOLDER")
        return 0 if len(sys.argv) == 2 else 2
    passed, failed, skipped = count(sys.argv[1])
    for name in skipped:
        print(f"skipped: {name}")
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
