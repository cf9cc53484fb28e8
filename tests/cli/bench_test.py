"""The benchmark: figures for machines and people, the cost table that the compiler reads, and how cost grows."""

import json
import subprocess
from xml.etree import ElementTree

from command_line import CommandLineTest
from workshop import CHECKOUT, DIGITS, MODEL

PLOT = CHECKOUT / "scripts" / "plot-growth"
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
        self.assertTrue(cost.read_text().startswith("# log_n ntt_us multiply_us stream_us read_us\n11 "))
        self.shop.make("compile", MODEL, "--calibrate", DIGITS, "--calibration-inputs", "4", "--cost", cost, "-o",
                       self.shop.root / "priced")

    def test_growth_is_measured_and_drawn(self):
        answer = self.shop.run("obscura", "--json", *QUICK, "--growth")
        self.assertEqual((answer.code, answer.err), (0, ""))
        figures = json.loads(answer.out)
        for key in ("commit", "machine", "date", "kernels"):
            self.assertTrue(figures[key], key)
        rows = figures["rows"]
        places = [(row["chain"], row["chain_primes"], row["primes"]) for row in rows if row["operation"] == "rotate"]
        self.assertEqual(places, [("short", 5, 5), ("full", 6, 3), ("full", 6, 6)])
        for row in rows:
            self.assertTrue(0 < row["min_ms"] <= row["median_ms"] <= row["max_ms"], row)
        on_two = [row for row in rows if "two_threads_speed_up" in row]
        self.assertEqual([(row["primes"], row["log_n"]) for row in on_two], [(6, 13)] * 3)
        for row in on_two:
            self.assertAlmostEqual(row["two_threads_speed_up"], row["median_ms"] / row["two_threads_median_ms"])
        self.draws(answer.out, rows)

    def draws(self, measured, rows):
        growth, figures = self.shop.root / "growth.json", self.shop.root / "figures"
        growth.write_text(measured)
        subprocess.run([PLOT, growth, "--out", figures], check=True, capture_output=True)
        for name in ("degree", "level", "threads"):
            path = figures / f"growth_{name}.svg"
            self.assertLess(path.stat().st_size, 30_000)
            words = [text.text for text in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")]
            self.assertIn("16 hoisted rotations, summed", words)
        kept = json.loads((figures / "growth.json").read_text())["rows"]
        self.assertEqual([row["operation"] for row in kept], [row["operation"] for row in rows])

    def test_more_workers_are_simulated_and_drawn(self):
        """Against what can be said by hand: one worker is busy all the time, and the server ends what more of them gain."""
        stages = [{"evaluate_ms": [ms], "bytes_in": 1, "bytes_out": 1} for ms in (5, 6, 9)]
        measured = {"machine": "m", "commit": "c", "date": "d", "jobs": 1, "rounds": 1, "stages": stages, "beside_ms_per_task": 4,
                    "server_cpu_ms_per_task": 1, "measured": [{"workers": 1, "jobs_per_s": 30, "least_jobs_per_s": 20,
                                                               "most_jobs_per_s": 33, "load": 0}]}
        source, figures = self.shop.root / "measured.json", self.shop.root / "figures"
        source.write_text(json.dumps(measured))
        subprocess.run([PLOT.with_name("plot-workers"), source, "--out", figures], check=True, capture_output=True)
        words = [text.text for text in ElementTree.parse(figures / "workers.svg").iter("{http://www.w3.org/2000/svg}text")]
        self.assertIn("jobs a second at most", words)
        rows = {(row["workers"], row["round_trip_ms"]): row for row in json.loads((figures / "workers.json").read_text())["simulated"]}
        alone = 1000 / (5 + 6 + 9 + 3 * (4 - 1))  # what the server does of it goes on beside other jobs
        self.assertAlmostEqual(rows[1, 0.0]["most_jobs_per_s"], alone, delta=alone / 100)
        self.assertAlmostEqual(rows[1, 20.0]["most_jobs_per_s"], 1000 / (1000 / alone + 3 * 9 * 20), delta=0.1)
        for workers in (2, 4, 8):
            self.assertAlmostEqual(rows[workers, 0.0]["most_jobs_per_s"], workers * alone, delta=workers * alone / 50)
        ceiling = 2 * 1000 / 3  # two cores of the server, a millisecond for each of three tasks
        self.assertAlmostEqual(rows[64, 0.0]["most_jobs_per_s"], ceiling, delta=ceiling / 100)
        for row in rows.values():
            self.assertGreaterEqual(row["job_ms_median"], 5 + 6 + 9)
            self.assertLessEqual(row["wait_ms_median"], row["wait_ms_p95"])

    def test_growth_for_people(self):
        answer = self.shop.run("obscura", "--kernels", "portable", "bench", "--max-log-n", "13", "--repetitions", "1",
                               "--growth")
        self.assertEqual((answer.code, answer.err), (0, ""))
        for word in ("portable kernels", "2^13", "multiply, relinearise, rescale", "two threads", "speed-up"):
            self.assertIn(word, answer.out)

    def test_what_is_refused(self):
        self.refused(2, "obscura", "bench", "--calibrate", mentions=["--output"])
        self.refused(2, "obscura", "bench", "-o", self.out, mentions=["--calibrate"])
        self.refused(2, "obscura", "bench", "--growth", "--filter", "rotate", mentions=["--growth"])
        self.refused(2, "obscura", "bench", "--growth", "--calibrate", "-o", self.out, mentions=["--growth"])
        self.refused(2, "obscura", "--kernels", "abacus", "bench", "--growth", mentions=["abacus"])
        self.refused(2, "obscura", "bench", "--filter", "knit", mentions=["knit"])
        self.refused(2, "obscura", "--kernels", "abacus", "bench", "--filter", "encode", mentions=["abacus"])
        self.refused(2, "obscura", "--kernels", "abacus", "bench", "--calibrate", "-o", self.out, mentions=["abacus"])
        self.refused(2, "obscura", "bench", "--max-log-n", "12")
        self.refused(3, "obscura", "bench", "--calibrate", "-o", self.shop.request / "below")
