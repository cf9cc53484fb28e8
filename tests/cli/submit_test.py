"""Submitting: the same name again, every refusal, frames of a camera."""

import json
import shutil
import signal
import time

from site_shop import SLOW, Process, SiteTest, wait_for
from workshop import IMAGE

USAGE, NOT_FOUND, MISMATCH, UNSUPPORTED, LIMIT = 2, 3, 7, 9, 10
FULL, EXPIRED, CANCELLED, FAILED, INVALID, UNKNOWN_MODEL, MISSING_KEY, WRONG_TENANT = range(12, 20)


class SubmitTest(SiteTest):
    def refused_submit(self, code, site, *words, person="client", tenant="clinic", mentions=()):
        answer = self.shop.run("obscura", "--json", "submit", *words, *site.client(person, tenant))
        self.assertEqual(answer.code, code, answer)
        error = json.loads(answer.out)["error"]
        self.assertEqual(error["code"], code)
        self.assertEqual(error["message"], self.check_message(answer, "obscura"))
        for word in mentions:
            self.assertIn(word, error["message"])

    def test_the_same_name_again(self):
        with self.site("again") as site:
            names = site.push(self.manifest)
            site.worker()
            first, second, third = (self.shop.root / f"again.{name}" for name in ("first", "second", "third"))
            words = (IMAGE, "--key", self.shop.public, *names, "--id", "three")
            # The submitter dies as soon as the job is handed in.
            dying = Process(self.shop, self.shop.root / "dying.log", "obscura", "submit", *words, "-o", first, *site.client())
            wait_for(lambda: (lambda s: s["tasks"] + s["results"])(site.status()), "the job at the site")
            dying.stop(signal.SIGKILL)
            self.assertFalse(first.exists())
            self.done(site.submit(*words, "-o", second))
            self.done(site.submit("--id", "three", "-o", third))
            self.assertEqual(second.read_bytes(), third.read_bytes())
            self.assertEqual(site.status()["results"], 1)
            self.refused_submit(MISMATCH, site, self.images[0], *words[1:], "-o", first, mentions=["three"])
            decrypted = self.shop.run("obscura", "decrypt", third, "--key", self.shop.secret)
            self.assertIn(": 3, margin", decrypted.out)

    def test_the_same_request_again(self):
        with self.site("twice") as site:
            names = site.push(self.whole)
            words = ("--ct", self.requests[0], *names)
            first, second = (self.done(site.submit(*words, "--no-wait", "--deadline", deadline)) for deadline in ("100", "200"))
            self.assertEqual(first, second)
            self.refused_submit(MISMATCH, site, "--ct", self.requests[1], *names, "--no-wait", "--id", first[0]["id"])
            self.assertEqual(site.status()["tasks"], 1)
            site.worker()
            out = self.folder("twice.out") / "one.result"
            self.done(site.submit(*words, "-o", out))
            self.assertEqual(out.read_bytes(), self.results[0].read_bytes())

    def test_the_request_is_kept_until_the_answer_is_written(self):
        with self.site("kept") as site:
            names = site.push(self.whole)
            site.worker()
            self.done(site.submit("--ct", self.requests[0], *names, "--id", "kept", "--no-wait"))
            wait_for(lambda: json.loads(self.status_of(site, "kept"))["status"] == "done", "the answer")
            ticket = self.shop.root / "kept.state" / "clinic" / "kept"
            self.refused_submit(NOT_FOUND, site, "--id", "kept", "-o", self.shop.root / "no" / "folder", mentions=["no"])
            self.assertGreater(ticket.stat().st_size, self.requests[0].stat().st_size)
            self.done(site.submit("--id", "kept", "-o", self.shop.root / "kept.result"))
            self.assertLess(ticket.stat().st_size, 1000)

    def test_refused_at_the_door(self):
        with self.site("door", "max_tasks 1\n") as site:
            names = site.push(self.whole)
            other = self.shop.root / "single" / "nothing"
            waiting = ("--no-wait", "--ct", self.requests[0])
            self.done(site.submit(*waiting, *names, "--id", "first"))
            self.refused_submit(FULL, site, *waiting, *names, "--id", "second", mentions=["second"])
            absent = "0" * 64 + ":1"
            self.refused_submit(UNKNOWN_MODEL, site, *waiting, "--model", absent, *names[2:], mentions=[absent])
            self.refused_submit(MISSING_KEY, site, *waiting, *names[:2], "--eval-keys", absent, mentions=[absent])
            self.refused_submit(WRONG_TENANT, site, *waiting, *names, person="stranger", mentions=["clinic"])
            self.refused_submit(NOT_FOUND, site, "--id", "nobody", "-o", other, mentions=["nobody"])
            self.refused_submit(USAGE, site, *waiting, *names, "--id", "no/name")
            self.refused_submit(USAGE, site, *names, "--ct", self.requests[0])
            self.refused_submit(USAGE, site, *names, "--watch", self.shop.root, "--key", self.shop.public, "--id", "one", "-o", other)
            (site.folder / "site.conf").write_text("max_job_bytes 1000\n")
            self.refused_submit(LIMIT, site, *waiting, *names, "--id", "large", mentions=["1000"])
            elsewhere = self.shop.run("obscura", "status", "--site", "nats://127.0.0.1:4222")
            self.assertEqual(elsewhere.code, UNSUPPORTED)
            self.assertIn("nats://127.0.0.1:4222", self.check_message(elsewhere, "obscura"))

    def test_requests_of_another_key(self):
        with self.site("mixed") as site:
            staged, whole = site.push(self.manifest), site.push(self.whole)
            out = self.shop.root / "mixed.out"
            other = ("--ct", self.shop.other_request, "-o", out)
            self.refused_submit(MISMATCH, site, *other, *staged)
            site.worker()
            self.refused_submit(INVALID, site, *other, *whole, "--id", "other", mentions=["other", "invalid"])
            self.assertEqual(json.loads(self.status_of(site, "other"))["status"], "invalid")
            self.assertFalse(out.exists())

    def status_of(self, site, job):
        return self.shop.run("obscura", "--json", "status", job, *site.client()).out

    def test_expired_and_cancelled(self):
        with self.site("late") as site:
            names = site.push(self.whole)
            site.supervisor()
            out = self.shop.root / "late.out"
            self.refused_submit(EXPIRED, site, "--ct", self.requests[0], *names, "--id", "late", "--deadline", "1", "-o", out,
                                mentions=["late", "deadline"])
            dead = json.loads(self.shop.run("obscura-admin", "--json", "dead", "--site", site.folder).out)["dead"]
            self.assertEqual([(letter["job"], letter["cause"]) for letter in dead], [("clinic/late", "deadline")])
            self.done(site.submit("--ct", self.requests[1], *names, "--id", "regretted", "--no-wait"))
            self.assertEqual(json.loads(self.status_of(site, "regretted"))["status"], "waiting")
            cancelled = self.shop.run("obscura", "cancel", "regretted", *site.client())
            self.assertEqual(cancelled.code, 0, cancelled)
            self.refused_submit(CANCELLED, site, "--id", "regretted", "-o", out, mentions=["regretted"])
            self.assertEqual(self.shop.run("obscura", "cancel", "regretted", *site.client()).code, UNSUPPORTED)
            self.assertEqual(site.status()["tasks"], 0)

    def test_failed_after_five_dead_workers(self):
        with self.site("deadly") as site:
            names = site.push(self.whole)
            (site.folder / "site.conf").write_text("lease_ms 300\nsurvives_power_loss 0\n")
            self.done(site.submit("--ct", self.requests[0], *names, "--id", "deadly", "--no-wait"))
            for _ in range(5):
                worker = site.worker(*names, *SLOW)
                wait_for(site.in_work, "the task in work")
                worker.stop(signal.SIGKILL)
                time.sleep(0.3)
            site.supervisor()
            self.refused_submit(FAILED, site, "--id", "deadly", "-o", self.shop.root / "deadly.out", mentions=["5 times"])
            dead = self.shop.run("obscura-admin", "dead", "--site", site.folder)
            self.assertIn("clinic/deadly", dead.out)
            self.assertIn("too many deliveries after 5", dead.out)

    def test_dead_letters_that_are_torn(self):
        with self.site("torn") as site:
            names = site.push(self.whole)
            letters = site.folder / "dead.jsonl"
            letters.write_text('{"time": 5, "job": "clinic/odd"}\n{"time": "2026-0')
            site.supervisor()
            self.refused_submit(EXPIRED, site, "--ct", self.requests[0], *names, "--id", "late", "--deadline", "1",
                                "-o", self.shop.root / "torn.out")
            dead = self.shop.run("obscura-admin", "--json", "dead", "--site", site.folder)
            self.assertEqual(dead.code, 0, dead)
            odd, torn, letter = json.loads(dead.out)["dead"]
            self.assertIn("clinic/odd", odd["unreadable"])
            self.assertEqual(torn, {"unreadable": '{"time": "2026-0'})
            self.assertEqual(letter["job"], "clinic/late")
            self.assertIn("cannot be read", self.shop.run("obscura-admin", "dead", "--site", site.folder).out)

    def start_watch(self, site, folder, names, *options):
        watch = site.start("watch", "obscura", "submit", "--watch", folder, "--key", self.shop.public, *names, "--secret",
                           self.shop.secret, *options, *site.client())
        wait_for(lambda: "watching" in watch.text(), "the folder watched")
        return watch

    def test_a_camera(self):
        with self.site("camera") as site:
            names = site.push(self.manifest)
            for _ in range(2):
                site.worker()
            folder = self.folder("frames")
            watch = self.start_watch(site, folder, names, "--frames", "7", "--max-in-work", "3", "--max-waiting", "2")
            for image in self.images[:6]:
                shutil.copy(image, folder)
            (folder / "z_broken.png").write_text("no image")
            self.assertEqual(watch.process.wait(timeout=120), 0, watch.text())
            lines = [json.loads(line) for line in watch.out.read_text().splitlines()]
            self.assertEqual([line["frame"] for line in lines], [image.name for image in self.images[:6]] + ["z_broken.png"])
            for line in lines[:6]:
                self.assertEqual(line["name"], line["frame"][0], line)
            self.assertIn("error", lines[6])

    def test_a_camera_that_nobody_answers(self):
        with self.site("silent", "lease_ms 100\nmax_tasks 1\n") as site:
            names = site.push(self.whole)
            folder = self.folder("silent_frames")
            watch = self.start_watch(site, folder, names, "--frames", "2", "--deadline", "1", "--max-in-work", "1")
            for image in self.images[:2]:
                shutil.copy(image, folder)
            # No worker, no supervisor: the first expires in the queue, and the second waiting for room there.
            self.assertEqual(watch.process.wait(timeout=120), 0, watch.text())
            lines = [json.loads(line) for line in watch.out.read_text().splitlines()]
            self.assertEqual([line["frame"] for line in lines], [image.name for image in self.images[:2]])
            self.assertEqual([line["error"]["code"] for line in lines], [EXPIRED, EXPIRED])

    def test_a_camera_that_is_too_fast(self):
        with self.site("fast") as site:
            names = site.push(self.whole)
            folder = self.folder("fast_frames")
            watch = self.start_watch(site, folder, names, "--when-behind", "drop-oldest", "--max-in-work", "1",
                                     "--max-waiting", "2")
            shutil.copy(self.images[0], folder)
            wait_for(lambda: site.status()["tasks"] == 1, "the first frame at the site")
            for image in self.images[1:6]:
                shutil.copy(image, folder)
            time.sleep(0.5)
            watch.send(signal.SIGTERM)
            site.worker()
            self.assertEqual(watch.process.wait(timeout=120), 0, watch.text())
            lines = [json.loads(line) for line in watch.out.read_text().splitlines()]
            self.assertEqual([(line["frame"], line.get("dropped", 0)) for line in lines],
                             [(self.images[0].name, 0), (self.images[3].name, 3), (self.images[4].name, 0), (self.images[5].name, 0)])

    def test_pushing_again_moves_nothing(self):
        with self.site("pushed") as site:
            names = site.push(self.manifest)
            stored = {path: path.stat().st_mtime_ns for path in (site.folder / "blobs").rglob("*") if path.is_file()}
            self.assertEqual(len(stored), 5)
            self.assertEqual(site.push(self.manifest), names)
            for path, mtime in stored.items():
                self.assertEqual(path.stat().st_mtime_ns, mtime)
            self.assertEqual(self.shop.run("obscura", "push", self.manifest, "--eval-keys", self.shop.other_keys / "eval",
                                           "--site", site.folder).code, MISMATCH)
