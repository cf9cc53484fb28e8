"""What `obscura compile` can be asked for beyond a plan: a check, a drawn report, bounds of the search, passes left out."""

import json

from command_line import CommandLineTest
from workshop import CHECKOUT, DIGITS, MODEL

COMPILE = ("compile", MODEL, "--calibrate", DIGITS)


class CompileTest(CommandLineTest):
    def test_check_and_report(self):
        page = self.shop.root / "checked.html"
        answer = self.shop.run("obscura", "--json", *COMPILE, "--calibration-inputs", "64", "--check", "12", "--report", page, "-o", self.shop.root / "checked")
        self.assertEqual(answer.code, 0, answer)
        figures = json.loads(answer.out)
        check = figures["check"]
        self.assertEqual((check["inputs"], check["unseen"]), (12, True))
        self.assertEqual((check["agreement"], check["noise_flips"]), (1, 0))
        self.assertEqual(check["predicted_noise_sd"], figures["score_error_sd"])
        # An rms over 12 inputs is off by 1 / sqrt(24) of itself; five of those.
        self.assertAlmostEqual(check["noise_sd"] / check["predicted_noise_sd"], 1, delta=5 / 24 ** 0.5)
        self.assertLess(check["largest_noise"], check["noise_bound"])
        self.assertEqual(figures["report"], str(page))
        html = page.read_text()
        self.assertEqual(html.count('class="riser"'), len(figures["stages"]))
        for stage in figures["stages"]:
            self.assertIn(stage["name"], html)
        self.assertNotIn("http", html)

    def test_check_with_other_inputs_and_labels(self):
        labels = self.shop.root / "digits.labels"
        labels.write_text("".join(f"{image.name[0]}\n" for image in sorted(DIGITS.glob("*.png"))))
        asked = (*COMPILE, "--check", "50", "--check-inputs", DIGITS, "--check-labels")
        answer = self.shop.run("obscura", "--json", *asked, labels, "-o", self.shop.root / "labelled")
        self.assertEqual(answer.code, 0, answer)
        check = json.loads(answer.out)["check"]
        self.assertEqual((check["inputs"], check["agreement"]), (50, 1))
        self.assertEqual(check["right"], check["float_right"])
        self.assertGreaterEqual(check["right"], 0.9)
        labels.write_text("1\n2\n")
        self.refused(7, "obscura", *asked, labels, "-o", self.out, mentions=[labels, "2 labels for 100 inputs"])
        self.refused(2, "obscura", *COMPILE, "--check-labels", labels, "-o", self.out)

    def test_check_with_inputs_that_were_calibrated_with(self):
        answer = self.shop.run("obscura", *COMPILE, "--check", "90", "-o", self.shop.root / "rechecked")
        self.assertEqual(answer.code, 0, answer)
        self.assertIn("checked with 90 calibration inputs", answer.out)
        self.assertEqual(answer.err, "", "no stage lines without a terminal")

    def test_bounds_of_the_search(self):
        self.refused(9, "obscura", *COMPILE, "--most-log-n", "11", "-o", self.out, mentions=["2^11"])
        self.refused(2, "obscura", *COMPILE, "--least-log-n", "14", "--most-log-n", "13", "-o", self.out, mentions=["14", "13"])
        self.refused(2, "obscura", *COMPILE, "--most-log-n", "17", "-o", self.out)
        answer = self.shop.run("obscura", "--json", *COMPILE, "--least-log-n", "14", "-o", self.shop.root / "large")
        self.assertEqual(answer.code, 0, answer)
        self.assertEqual(json.loads(answer.out)["log_n"], 14)

    def test_bound_of_the_memory(self):
        self.refused(9, "obscura", *COMPILE, "--memory-mb", "1", "-o", self.out, mentions=["1 MB are allowed"])
        answer = self.shop.run("obscura", "--json", *COMPILE, "--memory-mb", "64", "-o", self.shop.root / "small")
        self.assertEqual(answer.code, 0, answer)

    def test_passes_left_out(self):
        self.refused(2, "obscura", *COMPILE, "--skip-pass", "nonsense", "-o", self.out, mentions=["nonsense"])
        rectifier = CHECKOUT / "models" / "lenet5_mnist" / "model.onnx"
        self.refused(9, "obscura", "compile", rectifier, "--calibrate", DIGITS, "--skip-pass", "fold_affine", "--skip-pass",
                     "fit_activations", "-o", self.out, mentions=["(relu)", "no polynomial"])

    def test_polynomials_within_limits(self):
        self.refused(2, "obscura", *COMPILE, "--max-degree", "1", "-o", self.out)
        self.refused(2, "obscura", *COMPILE, "--max-degree", "64", "-o", self.out)
        self.refused(2, "obscura", *COMPILE, "--min-degree", "1", "-o", self.out)
        self.refused(2, "obscura", *COMPILE, "--flips", "-0.1", "-o", self.out)
        self.refused(2, "obscura", *COMPILE, "--margin", "-0.1", "-o", self.out)
        perceptron = CHECKOUT / "models" / "mlp_mnist" / "model.onnx"
        answer = self.shop.run("obscura", "--json", "compile", perceptron, "--calibrate", DIGITS, "--calibration-inputs", "20",
                               "--max-degree", "3", "--flips", "1", "-o", self.shop.root / "flat")
        self.assertEqual(answer.code, 0, answer)
        narrow = json.loads(answer.out)["activations"]
        self.assertEqual([a["degree"] for a in narrow], [2, 2])
        answer = self.shop.run("obscura", "--json", "compile", perceptron, "--calibrate", DIGITS, "--calibration-inputs", "20",
                               "--max-degree", "3", "--flips", "1", "--margin", "2", "-o", self.shop.root / "wide")
        self.assertEqual(answer.code, 0, answer)
        for wide, before in zip(json.loads(answer.out)["activations"], narrow, strict=True):
            self.assertGreater(wide["max_error"], before["max_error"])  # over the range with its margin

    def test_a_report_that_cannot_be_written(self):
        below = self.shop.request / "below.html"
        self.refused(3, "obscura", *COMPILE, "--report", below, "-o", self.out, mentions=[self.shop.request])
