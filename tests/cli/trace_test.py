"""What is shown and written of a run while it computes: `--trace`, and the progress on a terminal."""

import json
import os
import pty
import re
import subprocess

from command_line import CommandLineTest


class TraceTest(CommandLineTest):
    """A span for every instruction of every request, named after layer and operation."""

    def names(self, model, name, program="obscura", requests=1):
        """Of the spans, in their order."""
        out, trace = self.shop.root / f"{name}.results", self.shop.root / f"{name}.json"
        out.mkdir()
        copies = [self.shop.root / f"{name}{i}.ct" for i in range(requests)]
        for copy in copies:
            copy.symlink_to(self.shop.request)
        done = self.shop.run(program, "run", model, *copies, *self.shop.worker_keys(), "--out-dir", out, "--trace", trace)
        self.assertEqual(done.code, 0, done)
        self.assertEqual(len(list(out.iterdir())), requests)
        spans = json.loads(trace.read_text())["traceEvents"]
        self.assertTrue(all(span["dur"] >= 0 for span in spans))
        return [span["name"] for span in spans]

    def test_sealed_model_and_plan(self):
        names = self.names(self.shop.sealed, "traced")
        self.assertTrue(any(name.endswith(": linear") for name in names), names)
        self.assertEqual(self.names(self.shop.plan, "traced.plan"), names)
        self.assertEqual(self.names(self.shop.sealed, "traced.worker", program="obscura-worker"), names)
        self.assertEqual(self.names(self.shop.sealed, "thrice", requests=3), 3 * names)

    def test_model_in_stages(self):
        halves = self.shop.root / "halves.sealed"
        self.shop.make("seal", self.shop.plan, "--key", self.shop.secret, "--sign", self.shop.vendor, "--stages", "2", "-o", halves)
        staged = [name for name in self.names(halves.with_suffix(".manifest"), "halves") if not name.endswith(": input")]
        whole = [name for name in self.names(self.shop.sealed, "unhalved") if not name.endswith(": input")]
        self.assertEqual(staged, whole)

    def test_a_trace_that_cannot_be_written_takes_no_result_away(self):
        result = self.shop.root / "untraced.result"
        done = self.shop.run("obscura", "run", self.shop.sealed, self.shop.request, *self.shop.worker_keys(), "-o", result,
                             "--trace", self.shop.root / "gone" / "trace.json")
        self.assertEqual(done.code, 3, done)
        self.assertIn(f"{self.shop.root}/gone", self.check_message(done, "obscura"))
        self.assertIn(": 3, margin", self.shop.run("obscura", "decrypt", result, "--key", self.shop.secret).out)


class ProgressTest(CommandLineTest):
    def run_on_terminal(self, *words):
        """What the program drew on standard error."""
        ours, theirs = pty.openpty()
        command = [self.shop.programs / words[0], *words[1:]]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs, env=self.shop.environment()) as process:
            os.close(theirs)
            drawn = b""
            while True:
                try:
                    drawn += os.read(ours, 4096)
                except OSError:  # nobody holds the other end any more
                    break
            self.assertEqual(process.wait(timeout=60), 0, drawn)
        os.close(ours)
        return drawn.decode()

    def test_layer_and_time_left(self):
        out = self.shop.root / "many.results"
        out.mkdir()
        copies = [self.shop.root / f"many{i}.ct" for i in range(600)]
        for copy in copies:
            copy.symlink_to(self.shop.request)
        drawn = self.run_on_terminal("obscura", "run", self.shop.sealed, *copies, *self.shop.worker_keys(), "--out-dir", out)
        self.assertTrue(drawn.endswith("\r\x1b[K"), drawn[-200:])
        lines = drawn.split("\r\x1b[K")[1:-1]
        self.assertGreater(len(lines), 1)
        layers = self.layers()
        done = 0
        for line in lines:
            found = re.fullmatch(r"computing \[(#*)(\.*)\] (\d+)/600, (.*), (\d+) s left", line)
            self.assertTrue(found, line)
            self.assertEqual(len(found[1] + found[2]), 30)
            self.assertGreaterEqual(int(found[3]), done)
            self.assertIn(found[4], layers)
            done = int(found[3])

    def layers(self):
        trace, result = self.shop.root / "one.trace", self.shop.root / "one.result"
        self.shop.make("run", self.shop.sealed, self.shop.request, *self.shop.worker_keys(), "-o", result, "--trace", trace)
        return {span["name"].split(": ")[0] for span in json.loads(trace.read_text())["traceEvents"]}
