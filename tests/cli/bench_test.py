"""The benchmark: figures for machines and people, and the cost table that the compiler reads."""

import json

from command_line import CommandLineTest
from workshop import DIGITS, MODEL

QUICK = ("bench", "--max-log-n", "13", "--repetitions", "2")


class BenchTest(CommandLineTest):
    def test_rows_for_machines(self):
        answer = self.shop.run("obscura", "--json", "--threads", "1", *QUICK, "--filter", "rotate")
        self.assertEqual(answer.code, 0, answer)
        figures = json.loads(answer.out)
        self.assertTrue(figures["commit"])
        for ceilings in (figures["ceilings"], figures["ceilings_measured"]):
            self.assertEqual(len(ceilings["ntt_us"]), 4)
            for rate in ("lane_ops_g_per_s", "l2_gb_per_s", "l3_gb_per_s", "memory_gb_per_s", "random_gb_per_s"):
                self.assertGreater(ceilings[rate], 0, rate)
        [row] = figures["rows"]
        known = {"operation": "rotate", "log_n": 13, "primes": 6, "special_primes": 1, "level": 5, "threads": 1}
        self.assertEqual({key: row[key] for key in known}, known)
        self.assertLessEqual(row["min_ms"], row["median_ms"])
        self.assertLessEqual(row["median_ms"], row["max_ms"])
        self.assertGreater(row["floor_ms"], 0)
        self.assertGreater(row["work"]["transforms"], 0)
        self.assertAlmostEqual(row["efficiency"], row["median_ms"] / row["floor_ms"])
        self.assertGreaterEqual(row["page_faults"], 0)

    def test_kernels_and_threads_are_those_asked_for(self):
        answer = self.shop.run("obscura", "--json", "--threads", "2", "--kernels", "portable", *QUICK, "--filter", "encode")
        self.assertEqual(answer.code, 0, answer)
        [row] = json.loads(answer.out)["rows"]
        self.assertEqual((row["kernels"], row["threads"]), ("portable", 2))

    def test_tables_for_people(self):
        answer = self.shop.run("obscura", *QUICK, "--filter", "code/2^13")
        self.assertEqual((answer.code, answer.err), (0, ""))
        for word in ("ceilings", "operations on ciphertexts", "encode", "decode", "floor", "ratio", "faults", "goal"):
            self.assertIn(word, answer.out)
        self.assertNotIn("rotate", answer.out)

    def test_calibration_serves_the_compiler(self):
        cost = self.shop.root / "cost"
        answer = self.shop.run("obscura", "--json", "bench", "--calibrate", "-o", cost)
        self.assertEqual(answer.code, 0, answer)
        rows = json.loads(answer.out)["rows"]
        self.assertEqual([row["log_n"] for row in rows], list(range(11, 18)))
        self.assertTrue(cost.read_text().startswith("# log_n ntt_us multiply_us read_us\n11 "))
        self.shop.make("compile", MODEL, "--calibrate", DIGITS, "--calibration-inputs", "4", "--cost", cost, "-o",
                       self.shop.root / "priced")

    def test_what_is_refused(self):
        self.refused(2, "obscura", "bench", "--calibrate", mentions=["--output"])
        self.refused(2, "obscura", "bench", "-o", self.out, mentions=["--calibrate"])
        self.refused(2, "obscura", "bench", "--filter", "knit", mentions=["knit"])
        self.refused(2, "obscura", "--kernels", "abacus", "bench", "--filter", "encode", mentions=["abacus"])
        self.refused(2, "obscura", "--kernels", "abacus", "bench", "--calibrate", "-o", self.out, mentions=["abacus"])
        self.refused(2, "obscura", "bench", "--max-log-n", "12")
        self.refused(3, "obscura", "bench", "--calibrate", "-o", self.shop.request / "below")
