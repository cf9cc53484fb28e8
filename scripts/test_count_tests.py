#!/usr/bin/env python3
"""The count at the end of scripts/test must be right when tests fail, are skipped or die."""

import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

from count_tests import count  # noqa: E402

GOOD = """<testsuites><testsuite>
<testcase name="A" status="run" result="completed" classname="S"/>
<testcase name="B" status="run" result="skipped" classname="S"><skipped message="no data"/></testcase>
<testcase name="C" status="notrun" result="suppressed" classname="S"/></testsuite></testsuites>"""
BAD = """<testsuites><testsuite>
<testcase name="A" status="run" result="completed" classname="T"/>
<testcase name="B" status="run" result="completed" classname="T"><failure message="1"/><failure message="2"/></testcase>
</testsuite></testsuites>"""


def ctest(*states):
    return "<testsuite>" + "".join(f'<testcase name="{k}" status="{s}"/>' for k, s in enumerate(states)) + "</testsuite>"


class CountTest(unittest.TestCase):
    def count(self, files):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            return count(folder)

    def test_cases_and_a_gate(self):
        found = self.count({"s.xml": GOOD, "c.junit": ctest("run", "run")})
        self.assertEqual(found, (2, 0, ["S.B"]))

    def test_a_failure_counts_once(self):
        found = self.count({"s.xml": GOOD, "t.xml": BAD, "c.junit": ctest("run", "fail")})
        self.assertEqual(found, (2, 1, ["S.B"]))

    def test_a_program_that_died_is_a_failure(self):
        found = self.count({"s.xml": GOOD, "c.junit": ctest("run", "fail")})
        self.assertEqual(found, (1, 1, ["S.B"]))

    def test_a_failing_gate_is_a_failure(self):
        self.assertEqual(self.count({"c.junit": ctest("fail", "run")}), (1, 1, []))


if __name__ == "__main__":
    unittest.main()
