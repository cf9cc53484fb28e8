"""The same request gives the same bytes, however it is computed."""

import pathlib
import re

from command_line import CommandLineTest


class ReproducibleTest(CommandLineTest):
    def result(self, program, kernels, threads):
        path = self.shop.root / f"{program}_{kernels}_{threads}.result"
        answer = self.shop.run(program, "run", self.shop.sealed, self.shop.request, *self.shop.worker_keys(),
                               "--kernels", kernels, "--threads", str(threads), "-o", path)
        self.assertEqual(answer.code, 0, answer)
        return path.read_bytes()

    def test_threads(self):
        one = self.result("obscura-worker", "portable", 1)
        for threads in (2, 3):
            self.assertEqual(self.result("obscura-worker", "portable", threads), one)

    def test_programs(self):
        self.assertEqual(self.result("obscura", "portable", 1), self.result("obscura-worker", "portable", 1))

    def test_kernels(self):
        flags = re.search(r"^flags\s*:(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        features = flags.group(1).split() if flags else []
        sets = [name for name in ("avx2", "avx512ifma") if name in features]
        if not sets:
            self.skipTest("this processor has no vector kernels")
        portable = self.result("obscura-worker", "portable", 1)
        for name in sets:
            for threads in (1, 2):
                self.assertEqual(self.result("obscura-worker", name, threads), portable)
