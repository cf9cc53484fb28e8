"""Workers that serve: a model in stages on several of them, workers that are killed, drained and looked at."""

import hashlib
import json
import os
import pathlib
import shutil
import signal

from site_shop import SLOW, Process, SiteTest, metric, page, sealed_names, wait_for
from workshop import IMAGE

UNTRUSTED, LIMIT = 6, 10


def child_of(parent, program):
    """The process of a program that another one has started."""
    def found():
        children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return next((int(child) for child in children if pathlib.Path(f"/proc/{child}/comm").read_text() == f"{program}\n"), None)
    return wait_for(found, f"{program} in place of the process that starts it")


def pending(process):
    """Which signals wait for it."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    bits = int(status.split("ShdPnd:")[1].split()[0], 16)
    return {number for number in signal.Signals if bits >> (number - 1) & 1}


class ServeTest(SiteTest):
    def start_stages(self, site, names):
        return [self.start_stage(site, names, number) for number in (1, 2, 3)]

    def start_stage(self, site, names, number):
        return site.worker(*names, "--stage", str(number), *SLOW, cache=f"cache{number}")

    def test_three_workers_give_the_bytes_of_one_process(self):
        with self.site("stages") as site:
            names = site.push(self.manifest)
            workers = self.start_stages(site, names)
            out = self.folder("stages.out")
            jobs = self.done(site.submit("--ct", *self.requests, *names, "--out-dir", out))
            self.check_answers(out)
            self.assertEqual([len(job["stage_ms"]) for job in jobs], [3] * len(jobs))
            common = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (self.manifest, self.shop.evaluation)}
            for number, worker in enumerate(workers, 1):
                stage = self.shop.root / f"served.stage{number}.sealed"
                held = sealed_names(self.shop.root / f"stages.cache{number}")
                self.assertEqual(held, common | {hashlib.sha256(stage.read_bytes()).hexdigest()})
                steps = {event["step"] for event in worker.events() if event["event"] == "task"}
                self.assertEqual(steps, {f"{number - 1}/0"})
                self.assertEqual(worker.stop(), 0)

    def test_a_worker_that_is_killed_costs_nothing_but_time(self):
        with self.site("killed") as site:
            names = site.push(self.manifest)
            workers = self.start_stages(site, names)
            jobs = self.done(site.submit("--ct", *self.requests, *names, "--no-wait"))
            wait_for(lambda: len([e for e in workers[1].events() if e["event"] == "task"]) >= 2, "two tasks of stage 2")
            wait_for(lambda: site.in_work(stage=1), "one in work")
            self.assertEqual(workers[1].stop(signal.SIGKILL), -signal.SIGKILL)
            again = self.start_stage(site, names, 2)
            out = self.folder("killed.out")
            for job, request in zip(jobs, self.requests):
                self.done(site.submit("--id", job["id"], "-o", out / f"{request.stem}.result"))
            self.check_answers(out)
            self.assertIn(2, [event["delivery"] for event in again.events() if event["event"] == "task"])

    def test_draining_finishes_what_is_in_work(self):
        with self.site("drained") as site:
            names = site.push(self.whole)
            worker = site.worker(*SLOW)
            worker.wait_for_event("serving")
            jobs = self.done(site.submit("--ct", *self.requests[:4], *names, "--no-wait"))
            wait_for(site.in_work, "a task in work")
            self.assertEqual(worker.stop(), 0)
            last = worker.events()[-1]
            self.assertEqual(last["event"], "stopped")
            status = site.status()
            self.assertEqual(sum(lane["in_work"] for lane in status["lanes"]), 0, "a task is still leased")
            self.assertEqual(status["results"], last["tasks"])
            self.assertGreater(last["tasks"], 0)
            self.assertEqual(status["results"] + status["tasks"], len(jobs))

    def check_given_back(self, site, *options, insists):
        names = site.push(self.whole)
        worker = site.worker(*options, *SLOW)
        worker.wait_for_event("serving")
        self.done(site.submit("--ct", self.requests[0], *names, "--no-wait", "--id", "one"))
        wait_for(site.in_work, "a task in work")
        if insists:
            worker.send(signal.SIGTERM)
            worker.wait_for_event("draining")
        self.assertEqual(worker.stop(), 0)
        tasks = [event for event in worker.events() if event["event"] == "task"]
        self.assertEqual([event["ending"] for event in tasks], ["given_back"])
        site.worker()
        out = self.folder(f"{site.name}.out") / "one.result"
        self.done(site.submit("--id", "one", "-o", out))
        self.assertEqual(out.read_bytes(), self.results[0].read_bytes())

    def test_a_drain_that_may_take_no_time_gives_the_task_back(self):
        with self.site("given_back") as site:
            self.check_given_back(site, "--drain-s", "0", insists=False)

    def test_a_second_signal_gives_the_task_back(self):
        with self.site("insisted") as site:
            self.check_given_back(site, insists=True)

    def test_what_monitors_see(self):
        with self.site("watched") as site:
            worker = site.worker("--http", "127.0.0.1:0")
            port = worker.wait_for_event("listening")[0]["port"]
            self.assertEqual(page(port, "/healthz")[0], 200)
            self.assertEqual(page(port, "/readyz")[0], 503, "it serves nothing yet")
            names = site.push(self.manifest)
            wait_for(lambda: page(port, "/readyz")[0] == 200, "ready")
            self.done(site.submit("--ct", *self.requests[:2], *names, "--out-dir", self.folder("watched.out")))
            text = wait_for(lambda: (lambda t: t if metric(t, "obscura_jobs_total") == 6 else "")(page(port, "/metrics")[1]),
                            "six tasks counted")
            self.assertIn('obscura_jobs_total{outcome="effect"} 6', text)
            self.assertEqual(metric(text, "obscura_stage_seconds_count"), 6)
            self.assertEqual(metric(text, "obscura_queue_wait_seconds_count"), 6)
            self.assertGreater(metric(text, "obscura_stage_seconds_sum"), 0)
            request_bytes = sum(path.stat().st_size for path in self.requests[:2])
            self.assertGreater(metric(text, "obscura_input_bytes_total"), request_bytes)
            self.assertGreater(metric(text, "obscura_output_bytes_total"), 0)
            self.assertEqual(metric(text, "obscura_cache_misses_total"), 5, "manifest, three stages, keys")
            self.assertEqual(metric(text, "obscura_cache_hits_total"), 2, "the keys, for two more stages")
            self.assertEqual(metric(text, "obscura_lanes"), 3)
            self.assertGreater(metric(text, "obscura_peak_memory_bytes"), metric(text, "obscura_held_bytes"))
            self.assertEqual(page(port, "/nothing")[0], 404)
            logged = worker.text()
            for secret in ("OBSC", str(self.shop.root / "keys")):
                self.assertNotIn(secret, logged)

    def test_what_does_not_fit_is_not_served(self):
        with self.site("small") as site:
            names = site.push(self.whole)
            worker = site.worker(*names, "--memory-mb", "1")
            self.assertEqual(worker.process.wait(timeout=60), LIMIT, worker.text())
            self.assertIn("needs", worker.text())
            full = site.worker(*names, "--cache-gb", "0.001", cache="tiny")
            self.assertEqual(full.process.wait(timeout=60), LIMIT, full.text())

    def test_who_may_work_and_for_whom(self):
        with self.site("trusting") as site:
            site.push(self.whole)
            shutil.move(site.folder / "trust" / "owners" / "vendor.pub", self.shop.root / "kept.pub")
            worker = site.worker()
            reason = worker.wait_for_event("unserved")[0]["reason"]
            self.assertIn("not", reason)
            shutil.move(self.shop.root / "kept.pub", site.folder / "trust" / "owners" / "vendor.pub")
            worker.wait_for_event("serving")  # without a restart
            stranger = site.start("stranger", "obscura-worker", "serve", "--site", site.folder, "--identity",
                                  site.people / "stranger", "--cache", self.shop.root / "unused")
            self.assertEqual(stranger.process.wait(timeout=60), UNTRUSTED)
            stranger = site.start("stranger", "obscura-admin", "serve", "--site", site.folder, "--identity",
                                  site.people / "stranger")
            self.assertEqual(stranger.process.wait(timeout=60), UNTRUSTED)
            self.assertIn("supervisors", stranger.text())

    def test_a_named_model_of_nobody_that_is_trusted(self):
        with self.site("named") as site:
            names = site.push(self.whole)
            vendor = site.folder / "trust" / "owners" / "vendor.pub"
            shutil.move(vendor, self.shop.root / "named.pub")
            refused = site.worker(*names)
            self.assertEqual(refused.process.wait(timeout=60), UNTRUSTED, refused.text())
            # Named before it is pushed: what is wrong with it then is told, and it is served once that is mended.
            early = site.worker("--model", self.manifest, "--eval-keys", self.shop.evaluation)
            early.wait_for_event("waiting")
            site.push(self.manifest)
            wait_for(lambda: any("trust" in event["reason"] for event in early.wait_for_event("unserved")), "the reason")
            shutil.move(self.shop.root / "named.pub", vendor)
            early.wait_for_event("serving")

    def test_a_model_whose_keys_come_later(self):
        with self.site("keyless") as site:
            names = site.push(self.whole)
            digest = names[3].split(":")[0]
            keys = next((site.folder / "blobs").rglob(digest))
            shutil.move(keys, self.shop.root / "keyless.eval")
            worker = site.worker()
            worker.wait_for_event("unserved")
            shutil.move(self.shop.root / "keyless.eval", keys)
            worker.wait_for_event("serving")  # without a restart

    def test_a_site_for_development(self):
        folder = self.shop.root / "up"
        up = Process(self.shop, self.shop.root / "up.log", "obscura", "up", folder, "--owner", self.shop.vendor_pub)
        try:
            wait_for(lambda: "is up" in up.out.read_text(), "what to do next")
            self.shop.make("push", self.manifest, "--eval-keys", self.shop.evaluation, "--site", folder)
            answer = self.shop.run("obscura", "submit", IMAGE, "--key", self.shop.public, "--model", self.manifest,
                                   "--eval-keys", self.shop.evaluation, "--secret", self.shop.secret, "--identity",
                                   folder / "identities" / "client", "--tenant", "dev", "--site", folder, "--state",
                                   self.shop.root / "up.state")
            self.assertEqual(answer.code, 0, answer)
            self.assertIn(": 3, margin", answer.out)
            shown = json.loads(self.shop.run("obscura", "--json", "status", "--site", folder).out)
            self.assertEqual((shown["tasks"], shown["results"], len(shown["models"])), (0, 1, 1))
        finally:
            code = up.stop(signal.SIGINT)
        self.assertEqual(code, 0, up.text())

    def test_a_second_interrupt_reaches_the_worker(self):
        with self.site("interrupted") as site:
            up = site.start("up", "obscura", "--threads", "1", *SLOW, "up", site.folder, "--log", "json")
            wait_for(lambda: "is up" in up.out.read_text(), "the site")
            worker = child_of(up.process.pid, "obscura-worker")
            names = site.push(self.whole)
            self.done(site.submit("--ct", *self.requests[:2], *names, "--no-wait"))
            wait_for(site.in_work, "a task in work")
            os.kill(worker, signal.SIGSTOP)  # in the middle of a task, however fast it is
            try:
                up.send(signal.SIGINT)
                wait_for(lambda: pending(worker) == {signal.SIGTERM}, "the worker told")
                up.send(signal.SIGINT)
                wait_for(lambda: len(pending(worker)) == 2, "the worker told again")
            finally:
                os.kill(worker, signal.SIGCONT)
            self.assertEqual(up.process.wait(timeout=60), 0, up.text())
            tasks = [json.loads(line) for line in up.text().split("\n") if '"event":"task"' in line]
            self.assertEqual(tasks[-1]["ending"], "given_back")

