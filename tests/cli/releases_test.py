"""How many results a key has released: its count, beside the key or elsewhere, and its cap."""

import concurrent.futures
import json
import shutil
import subprocess
import time

from command_line import CommandLineTest
from workshop import IMAGE

USED_UP = 21


class ReleasesTest(CommandLineTest):
    def copy_of_the_key(self, name):
        """The workshop's key with a count of its own: what a restored backup is."""
        folder = self.shop.root / name
        folder.mkdir()
        shutil.copy2(self.shop.secret, folder / "secret")
        self.shop.make("releases", "--key", folder / "secret", "--assume", "0")
        return folder / "secret"

    def capped(self, name, cap):
        """A key that may release `cap` results, and a result under it."""
        keys = self.shop.root / name
        self.shop.make("keygen", self.shop.spec, "--unprotected", "--release-cap", str(cap), "-o", keys)
        sealed, request, result = (self.shop.root / f"{name}.{end}" for end in ("sealed", "ct", "result"))
        self.shop.make("seal", self.shop.plan, "--key", keys / "secret", "--sign", self.shop.vendor, "-o", sealed)
        self.shop.make("encrypt", IMAGE, "--key", keys / "public", "-o", request)
        self.shop.make("run", sealed, request, *self.shop.worker_keys(keys / "eval"), "-o", result)
        return keys / "secret", result

    def released(self, key, *words):
        answer = self.shop.run("obscura", "--json", "releases", "--key", key, *words)
        self.assertEqual(answer.code, 0, answer)
        return json.loads(answer.out)["released"]

    def decrypt(self, key, *results):
        return self.shop.run("obscura", "decrypt", *results, "--key", key)

    def test_every_answer_counts(self):
        key = self.copy_of_the_key("counted")
        self.assertEqual(self.released(key), 0)
        for i in range(1, 4):
            self.assertEqual(self.decrypt(key, self.shop.result).code, 0)
            self.assertEqual(self.released(key), i)
        self.assertEqual(self.decrypt(key, *[self.shop.result] * 7).code, 0)
        self.assertGreaterEqual(self.released(key), 10)
        self.assertLess(self.released(key), 17)

    def test_the_cap(self):
        key, result = self.capped("capped", 3)
        for _ in range(3):
            self.assertIn(": 3, margin", self.decrypt(key, result).out)
        self.refused(USED_UP, "obscura", "decrypt", result, "--key", key, mentions=["3 of the 3"])
        self.refused_as_json(USED_UP, "obscura", "decrypt", result, "--key", key)
        answer = self.shop.run("obscura", "releases", "--key", key)
        self.assertIn("3 of 3 results released, 0 left", answer.out)

    def test_the_default_cap_is_derived(self):
        answer = json.loads(self.shop.run("obscura", "--json", "releases", "--key", self.shop.secret).out)
        self.assertEqual(answer["cap"], 2**20 // 11)  # ten scores and the margin

    def test_two_processes(self):
        key = self.copy_of_the_key("shared")
        self.shop.make("releases", "--key", key, "--assume", "5")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda _: self.decrypt(key, self.shop.result), range(10)))
        self.assertEqual([answer.code for answer in answers], [0] * 10)
        self.assertEqual(self.released(key), 15)

    def test_killed_processes(self):
        """Whatever was printed is counted."""
        key = self.copy_of_the_key("killed")
        began = time.monotonic()
        self.assertEqual(self.decrypt(key, self.shop.result).code, 0)
        whole = time.monotonic() - began
        printed = 1
        for i in range(20):
            process = subprocess.Popen([self.shop.programs / "obscura", "decrypt", self.shop.result, "--key", key],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self.shop.environment())
            time.sleep(whole * i / 18)
            process.kill()
            printed += b"margin" in process.communicate()[0]
            counted = self.released(key)
            self.assertGreaterEqual(counted, printed)
            self.assertLessEqual(counted, i + 2)

    def test_a_count_that_is_lost_or_of_another_key(self):
        key = self.copy_of_the_key("lost")
        count = key.with_name("secret.releases")
        count.unlink()
        self.refused(3, "obscura", "decrypt", self.shop.result, "--key", key, mentions=[count])
        shutil.copy2(self.shop.other_keys / "secret.releases", count)
        self.refused(7, "obscura", "decrypt", self.shop.result, "--key", key, mentions=[count])
        count.write_bytes(count.read_bytes()[:-1])
        self.refused(5, "obscura", "decrypt", self.shop.result, "--key", key, mentions=[count])
        count.unlink()
        self.shop.make("releases", "--key", key, "--assume", "40")
        self.refused(2, "obscura", "releases", "--key", key, "--assume", "39")
        self.assertEqual(self.decrypt(key, self.shop.result).code, 0)
        self.assertEqual(self.released(key), 41)

    def test_a_count_elsewhere(self):
        key = self.copy_of_the_key("elsewhere")
        count = self.shop.root / "count"
        key.with_name("secret.releases").rename(count)
        answer = self.shop.run("obscura", "decrypt", self.shop.result, "--key", key, "--releases", count)
        self.assertEqual(answer.code, 0, answer)
        self.assertEqual(self.released(key, "--releases", count), 1)

    def test_inspect(self):
        answer = self.shop.run("obscura", "inspect", self.shop.releases)
        self.assertEqual(answer.code, 0, answer)
        self.assertRegex(answer.out, r"released +\d+\n")
