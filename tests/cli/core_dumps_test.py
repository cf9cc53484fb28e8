"""No program leaves a core dump, nor shows its memory to other processes of its user."""

import contextlib
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile
import unittest

from command_line import CommandLineTest
from site_shop import wait_for

NOBODY = 65534
# Each goes on until somebody writes into the pipe that it was told to read.
COMMANDS = {
    "obscura": ("inspect", "pipe"),
    "obscura-worker": ("run", "pipe", "pipe", "--eval-keys", "pipe", "--trust", "pipe", "-o", "out"),
    "obscura-admin": ("accounts", "pipe", "-o", "out"),
}


def allow_cores():
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))


class CoreDumpsTest(CommandLineTest):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="obscura-core-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        os.mkfifo(self.folder / "pipe", 0o666)
        (self.folder / "pipe").chmod(0o666)
        self.folder.chmod(0o777)

    @contextlib.contextmanager
    def started(self, program, *words):
        """The process while it waits for the pipe, as an ordinary user."""
        others = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        process = subprocess.Popen([program, *words], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, preexec_fn=allow_cores, **others)
        try:
            wait_for(lambda: process.poll() is not None or self.waits(process.pid), f"{program} at the pipe")
            self.assertIsNone(process.poll(), f"{program} did not wait for the pipe")
            yield process
        finally:
            process.kill()
            process.wait()

    def waits(self, pid):
        """Whether it sleeps; before main it does not."""
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"

    def copied(self, program):
        """Where an ordinary user may start it."""
        shutil.copy2(self.shop.programs / program, self.folder / program)
        return self.folder / program

    def test_the_limit_is_zero(self):
        for program, words in COMMANDS.items():
            with self.subTest(program), self.started(self.copied(program), *words) as process:
                limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
                self.assertRegex(limits, r"(?m)^Max core file size +0 +0 +bytes")

    def test_memory_is_roots(self):
        """Files in /proc of a process that may be looked at are its user's."""
        with self.started("/bin/sleep", "60") as process:
            ordinary = os.stat(f"/proc/{process.pid}/mem").st_uid
        self.assertNotEqual(ordinary, 0)
        for program, words in COMMANDS.items():
            with self.subTest(program), self.started(self.copied(program), *words) as process:
                self.assertEqual(os.stat(f"/proc/{process.pid}/mem").st_uid, 0)

    def crash(self, program, *words):
        """Whether the process that dies of a signal says that it left a core."""
        with self.started(program, *words) as process:
            process.send_signal(signal.SIGQUIT)
            _, status = os.waitpid(process.pid, 0)
            process.returncode = 0  # it was waited for here
        self.assertTrue(os.WIFSIGNALED(status))
        return os.WCOREDUMP(status)

    def test_a_crash_leaves_none(self):
        if not self.crash("/bin/sleep", "60"):
            raise unittest.SkipTest("no process at all leaves a core here")
        for program, words in COMMANDS.items():
            with self.subTest(program):
                self.assertFalse(self.crash(self.copied(program), *words))
