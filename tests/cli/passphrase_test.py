"""Secret keys under a passphrase."""

import os
import pty
import subprocess
import termios
import time

from command_line import CommandLineTest
from workshop import IMAGE


class PassphraseTest(CommandLineTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.right = cls.shop.root / "right"
        cls.right.write_text("correct horse battery staple\n")
        cls.keys = cls.shop.root / "protected"
        cls.shop.make("keygen", cls.shop.spec, "--passphrase-file", cls.right, "-o", cls.keys)
        sealed, request, cls.answer = (cls.shop.root / name for name in ("p.sealed", "p.ct", "p.result"))
        cls.shop.make("seal", cls.shop.plan, "--key", cls.keys / "secret", "--sign", cls.shop.vendor,
                      "--passphrase-file", cls.right, "-o", sealed)
        cls.shop.make("encrypt", IMAGE, "--key", cls.keys / "public", "-o", request)
        cls.shop.make("run", sealed, request, *cls.shop.worker_keys(cls.keys / "eval"), "-o", cls.answer)

    def decrypt(self, *words):
        return "obscura", "decrypt", self.answer, "--key", self.keys / "secret", *words

    def test_right_passphrase(self):
        answer = self.shop.run(*self.decrypt("--passphrase-file", self.right))
        self.assertEqual(answer.code, 0, answer)
        self.assertIn(": 3, margin", answer.out)

    def test_wrong_passphrase(self):
        wrong = self.shop.root / "wrong"
        wrong.write_text("correct horse battery stable\n")
        self.refused(11, *self.decrypt("--passphrase-file", wrong), mentions=[self.keys / "secret"])

    def test_no_passphrase_and_no_terminal(self):
        self.refused(11, *self.decrypt())
        self.refused(11, "obscura", "keygen", self.shop.spec, "-o", self.out)

    def test_missing_or_empty_passphrase_file(self):
        self.refused(3, *self.decrypt("--passphrase-file", self.shop.root / "gone"))
        empty = self.shop.root / "empty"
        empty.write_text("\n")
        self.refused(11, *self.decrypt("--passphrase-file", empty))
        self.refused(11, "obscura", "keygen", self.shop.spec, "--passphrase-file", empty, "-o", self.out)

    def test_protected_and_unprotected_exclude_each_other(self):
        self.refused(2, "obscura", "keygen", self.shop.spec, "--unprotected", "--passphrase-file", self.right, "-o",
                     self.out)

    def test_nobody_else_may_read_what_is_secret(self):
        for path in (self.keys / "secret", self.shop.secret, self.shop.vendor):
            self.assertEqual(path.stat().st_mode & 0o777, 0o600, path)
        self.assertNotIn(self.right.read_bytes().strip(), (self.keys / "secret").read_bytes())


class TerminalTest(CommandLineTest):
    """keygen asks twice on a terminal, without showing what is typed."""

    def type_in(self, process, terminal, words):
        """Types each line once the program has turned the echo off, which it does for each question anew."""
        for word in words:
            prompt = b""
            while b": " not in prompt:
                prompt += os.read(process.stderr.fileno(), 1)
            deadline = time.monotonic() + 30
            while termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < deadline:
                time.sleep(0.005)
            os.write(terminal, word + b"\n")

    def keygen(self, folder, *words):
        ours, theirs = pty.openpty()
        command = [self.shop.programs / "obscura", "keygen", self.shop.spec, "-o", folder]
        with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            os.close(theirs)
            self.type_in(process, ours, words)
            out, err = process.communicate(timeout=60)
        os.set_blocking(ours, False)
        try:
            shown = os.read(ours, 4096)
        except OSError:
            shown = b""
        os.close(ours)
        return process.returncode, out + err + shown

    def test_asks_twice_and_shows_nothing(self):
        folder = self.shop.root / "typed"
        code, printed = self.keygen(folder, b"open sesame", b"open sesame")
        self.assertEqual(code, 0, printed)
        self.assertNotIn(b"sesame", printed)
        passphrase = self.shop.root / "passphrase"
        passphrase.write_bytes(b"open sesame")
        answer = self.shop.run("obscura", "seal", self.shop.plan, "--key", folder / "secret", "--sign", self.shop.vendor,
                               "--passphrase-file", passphrase, "-o", self.shop.root / "typed.sealed")
        self.assertEqual(answer.code, 0, answer)

    def test_two_different_ones(self):
        code, printed = self.keygen(self.out, b"open sesame", b"open barley")
        self.assertEqual(code, 11, printed)
        self.assertIn(b"differ", printed)
        self.assertFalse(self.out.exists())
