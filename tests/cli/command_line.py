"""What every test of the command line is made of."""

import json
import re
import unittest

from workshop import CHECKOUT

MESSAGE = re.compile(r"\A(obscura(?:-worker|-admin)?): (?P<sentence>\S[^\n]*)\n  hint: (?P<hint>\S[^\n]*)\n\Z")


def documented_codes():
    """The exit codes of a refused file, from docs/guide/errors.md: all but success, internal error and wrong usage."""
    table = (CHECKOUT / "docs" / "guide" / "errors.md").read_text()
    return {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} - {0, 1, 2}


class CommandLineTest(unittest.TestCase):
    """Tests share one workshop (run_tests.py sets it up): who writes below its root takes a name of its own."""

    shop = None
    out = None  # a path that stays free: outputs of what is refused

    def check_message(self, answer, program):
        """One sentence and one hint on standard error, nothing else; returns the sentence."""
        found = MESSAGE.match(answer.err)
        self.assertTrue(found, f"not one sentence and one hint: {answer.err!r}")
        self.assertEqual(found.group(1), program)
        return found.group("sentence")

    def refused(self, code, program, *words, mentions=()):
        """The command ends with `code`, says why in one sentence with these words in it, and leaves no trace."""
        before = self.shop.listing()
        answer = self.shop.run(program, *words)
        self.assertEqual(answer.code, code, answer)
        self.assertEqual(answer.out, "")
        sentence = self.check_message(answer, program)
        for word in mentions:
            self.assertIn(str(word), sentence)
        self.assertEqual(self.shop.listing(), before, "a refused command touched files")

    def refused_as_json(self, code, program, *words):
        """As refused(), and standard output holds exactly one JSON object that says the same."""
        answer = self.shop.run(program, "--json", *words)
        self.assertEqual(answer.code, code, answer)
        error = json.loads(answer.out)["error"]
        self.assertEqual(error["code"], code)
        self.assertEqual(error["message"], self.check_message(answer, program))
        self.assertTrue(error["hint"])
