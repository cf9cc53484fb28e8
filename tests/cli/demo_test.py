"""The demo: what its JSON object says, and that the encrypted answers are those of the network in the clear."""

import json
import os
import pathlib

from command_line import CommandLineTest
from workshop import DIGITS

FIGURES = """dataset images correct agree_with_float max_score_error weights security_bits log_n log_qp latency_ms_median
    latency_ms_p95 cold_ms threads peak_rss_mb sealed_model_bytes evaluation_key_bytes input_ciphertext_bytes
    output_ciphertext_bytes""".split()


class DemoTest(CommandLineTest):
    def demo(self, *words):
        answer = self.shop.run("obscura", "--json", "demo", "--assets", DIGITS.parent, *words)
        self.assertEqual((answer.code, answer.err), (0, ""))
        self.assertEqual(list((self.shop.root / "tmp").iterdir()), [], "the demo left its folder behind")
        figures = json.loads(answer.out)
        self.assertLessEqual(set(FIGURES), set(figures))
        self.assertEqual(figures["weights"], "encrypted")
        self.assertLessEqual(figures["peak_rss_mb"], 300)
        self.assertLessEqual(figures["max_score_error"], figures["score_error_bound"])
        return figures

    def test_a_few_own_digits(self):
        figures = self.demo("--own-digits", "--images", "3")
        self.assertEqual((figures["dataset"], figures["images"]), ("own digits", 3))
        self.assertEqual(figures["security_bits"], 128)

    def test_three_workers_over_nats(self):
        figures = self.demo("--own-digits", "--images", "5", "--distributed")["distributed"]
        self.assertEqual((figures["stages"], figures["identical_answers"]), (3, 5))
        self.assertGreater(figures["between_stages_ms_median"], 0)
        self.assertGreater(figures["job_ms_median"], figures["between_stages_ms_median"])

    def mnist(self):
        folder = os.environ.get("OBSCURA_DATA", "")
        for candidate in (pathlib.Path(folder) / "mnist", pathlib.Path(folder)):
            if folder and list(candidate.glob("t10k-images-idx3-ubyte*")):
                return candidate
        if os.environ.get("CI") == "true":
            self.fail("OBSCURA_DATA names no folder with MNIST")
        self.skipTest("no MNIST: OBSCURA_DATA names no folder that holds it")

    def test_own_digits(self):
        for security in (128, 192, 256):
            with self.subTest(security=security):
                figures = self.demo("--own-digits", "--security", str(security))
                self.assertEqual((figures["images"], figures["security_bits"]), (100, security))
                self.assertGreaterEqual(figures["correct"], 90)
                self.assertEqual(figures["disagree_beyond_error"], 0)

    def test_mnist(self):
        figures = self.demo("--data", self.mnist(), "--images", "200")
        self.assertEqual((figures["dataset"], figures["images"]), ("MNIST test images", 200))
        self.assertGreaterEqual(figures["agree_with_float"], 199)
        self.assertGreaterEqual(figures["correct"], 196)

    def test_more_mnist_images_than_there_are(self):
        self.refused(2, "obscura", "demo", "--data", self.mnist(), "--images", "10001", "--assets", DIGITS.parent,
                     mentions=["10001", "10000"])
