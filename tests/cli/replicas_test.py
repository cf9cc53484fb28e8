"""Replicas by several groups of workers, canaries with known answers, and a group that is revoked."""

import contextlib
import hashlib
import json
import shutil
import sqlite3
import struct

from site_shop import TENANT, SiteTest, wait_for

USAGE, NOT_FOUND, UNTRUSTED, MISMATCH, EXPIRED, DISAGREEMENT = 2, 3, 6, 7, 13, 20
GROUPS = ("acme", "borea")


class ReplicasTest(SiteTest):
    def add_group(self, site, number, name):
        folder = site.folder / "trust" / "workers" / f"{number}-{name}"
        folder.mkdir()
        self.shop.make("identity", "new", "-o", site.people / name)
        shutil.copy(site.people / f"{name}.pub", folder)

    def group_worker(self, site, name):
        return site.start("worker", "obscura-worker", "--threads", "1", "serve", "--site", site.folder, "--identity",
                          site.people / name, "--group", name, "--cache", self.shop.root / f"{site.name}.cache", "--log", "json")

    @contextlib.contextmanager
    def site_of_groups(self, name, settings=""):
        with self.site(name, settings) as site:
            for number, group in enumerate(GROUPS, 1):
                self.add_group(site, number, group)
            yield site

    def refused_submit(self, code, site, *words, mentions=()):
        answer = site.submit(*words)
        self.assertEqual(answer.code, code, answer)
        error = json.loads(answer.out)["error"]
        self.assertEqual(error["code"], code)
        self.assertEqual(error["message"], self.check_message(answer, "obscura"))
        for word in mentions:
            self.assertIn(word, error["message"])

    def test_groups_that_agree(self):
        with self.site_of_groups("agree") as site:
            names = site.push(self.manifest)
            for group in GROUPS:
                self.group_worker(site, group)
            out = self.folder("agree.out")
            words = ("--ct", *self.requests[:3], *names)
            done = self.done(site.submit(*words, "--replicas", "2", "--groups", "acme,borea", "--out-dir", out))
            self.assertEqual([job["agree"] for job in done], [list(GROUPS)] * 3)
            self.assertEqual([job["refused"] for job in done], [[]] * 3)
            for request, result in zip(self.requests[:3], self.results):
                self.assertEqual((out / f"{request.stem}.result").read_bytes(), result.read_bytes())
            self.assertEqual(site.status()["results"], 6)
            one = self.shop.root / "agree.one"
            self.done(site.submit("--ct", self.requests[3], *names, "--groups", "borea", "-o", one))
            self.assertEqual(one.read_bytes(), self.results[3].read_bytes())
            # The name stands for a job of one group: its answer is not one that two agree upon.
            self.refused_submit(MISMATCH, site, "--ct", self.requests[3], *names, "--groups", "acme,borea", "-o",
                                self.shop.root / "agree.two", mentions=["other operator groups"])
            nowhere = ("--ct", self.requests[4], *names, "-o", self.shop.root / "agree.none")
            self.refused_submit(USAGE, site, *nowhere, "--replicas", "4", mentions=["default, acme, borea"])
            self.refused_submit(UNTRUSTED, site, *nowhere, "--groups", "acme,cobo", mentions=["cobo"])

    def test_an_answer_that_was_tampered_with(self):
        with self.site_of_groups("tampered") as site:
            names = site.push(self.whole)
            for group in GROUPS:
                self.group_worker(site, group)
            self.done(site.submit("--ct", self.requests[0], *names, "--groups", "acme,borea", "--id", "seven", "--no-wait"))
            wait_for(lambda: site.status()["results"] == 2, "both answers")
            with contextlib.closing(sqlite3.connect(site.folder / "queue")) as queue:
                (message,) = queue.execute("SELECT message FROM results WHERE replica = 2").fetchone()
                # Magic, version and flags, then the job: signer, signature, length, body; number of receipts, signer, signature.
                (job_bytes,) = struct.unpack_from("<I", message, 8 + 32 + 64)
                at = 8 + 100 + job_bytes + 4 + 32
                flipped = message[:at] + bytes([message[at] ^ 1]) + message[at + 1:]
                queue.execute("UPDATE results SET message = ? WHERE replica = 2", (flipped,))
                queue.commit()
            out = self.shop.root / "tampered.result"
            answer = site.submit("--id", "seven", "-o", out)
            self.assertEqual(answer.code, DISAGREEMENT, answer)
            self.assertIn("borea", self.check_message(answer, "obscura"))
            self.assertFalse(out.exists())
            status = self.shop.run("obscura", "--json", "status", "seven", *site.client())
            self.assertEqual(json.loads(status.out)["status"], "disagreement")

    def test_a_group_that_is_revoked(self):
        with self.site_of_groups("revoked") as site:
            names = site.push(self.whole)
            acme = self.group_worker(site, "acme")
            acme.wait_for_event("serving")
            job = ("--ct", self.requests[0], *names, "--groups", "acme", "--id", "one")
            self.done(site.submit(*job, "-o", self.shop.root / "revoked.before"))
            # A submitter that runs meanwhile: borea has no worker, acme has answered.
            both = site.start("submit", "obscura", "--json", "submit", "--ct", self.requests[1], *names, "--groups", "acme,borea",
                              "-o", self.shop.root / "revoked.both", "--deadline", "600", *site.client())
            wait_for(lambda: site.status()["results"] == 2, "acme's answer")
            revoked = self.shop.run("obscura-admin", "--json", "revoke", "acme", "--site", site.folder)
            self.assertEqual(revoked.code, 0, revoked)
            self.assertEqual(json.loads(revoked.out)["number"], 1)
            acme.wait_for_event("revoked")
            self.group_worker(site, "borea")
            self.assertEqual(both.process.wait(timeout=120), UNTRUSTED, both.text())
            self.assertIn("one group alone of 2", both.text())
            self.refused_submit(UNTRUSTED, site, "--id", "one", "-o", self.shop.root / "revoked.after")
            again = self.shop.run("obscura-admin", "revoke", "acme", "--site", site.folder)
            self.assertEqual(again.code, NOT_FOUND, again)
            log = (site.folder / "trust" / "revoked" / "log.jsonl").read_text().splitlines()
            self.assertEqual([json.loads(line)["group"] for line in log], ["acme"])
            shutil.copytree(site.folder / "trust" / "revoked" / "1-acme", site.folder / "trust" / "workers" / "1-acme")
            acme.wait_for_event("trusted")

    def test_a_camera_with_replicas_and_canaries(self):
        with self.site_of_groups("watched") as site:
            names = site.push(self.manifest)
            waiting = self.done(site.submit("--ct", self.requests[0], *names, "--groups", "acme,borea", "--no-wait"))
            self.assertEqual(waiting[0]["status"], "submitted")
            self.assertEqual([lane["replica"] for lane in site.status()["lanes"]], [1, 2])
            for group in GROUPS:
                self.group_worker(site, group)
            stock = self.shop.root / "watched.stock"
            self.make_canaries(stock, self.images[0], "--each", "4")
            self.spoil(stock)
            folder = self.folder("watched_frames")
            watch = site.start("watch", "obscura", "submit", "--watch", folder, "--frames", "6", "--key", self.shop.public, *names,
                               "--secret", self.shop.secret, "--groups", "acme,borea", "--canaries", stock, "--canary", "0.9",
                               *site.client())
            wait_for(lambda: "watching" in watch.text(), "the folder watched")
            for image in self.images[:6]:
                shutil.copy(image, folder)
            self.assertEqual(watch.process.wait(timeout=120), 0, watch.text())
            lines = [json.loads(line) for line in watch.out.read_text().splitlines()]
            frames = [line for line in lines if "frame" in line]
            self.assertEqual([(line["frame"], line["name"]) for line in frames],
                             [(image.name, image.name[0]) for image in self.images[:6]])
            self.assertEqual([line["agree"] for line in frames], [list(GROUPS)] * 6)
            # None before any of six frames is a chance in a million.
            wrong = [line for line in lines if "canary" in line]
            self.assertEqual(len(wrong), len(list((stock / "used").iterdir())))
            self.assertGreater(len(wrong), 0)
            self.assertEqual({line["error"]["code"] for line in wrong}, {DISAGREEMENT})
            tested = lines[-1]["canaries"]
            self.assertEqual((tested["handed_in"], tested["wrong"], tested["right"]), (len(wrong), len(wrong), 0))

    def test_a_canary_that_cannot_be_looked_at_hides_no_other(self):
        with self.site_of_groups("lost") as site:
            names = site.push(self.manifest)
            stock = self.shop.root / "lost.stock"
            self.make_canaries(stock, self.images[0], "--each", "4")
            self.spoil(stock)
            folder = self.folder("lost_frames")
            watch = site.start("watch", "obscura", "submit", "--watch", folder, "--frames", "6", "--max-in-work", "6", "--key",
                               self.shop.public, *names, "--secret", self.shop.secret, "--groups", "acme,borea", "--canaries", stock,
                               "--canary", "0.9", *site.client())
            wait_for(lambda: "watching" in watch.text(), "the folder watched")
            for image in self.images[:6]:
                shutil.copy(image, folder)
            used, tickets = stock / "used", self.shop.root / "lost.state" / TENANT
            wait_for(lambda: tickets.exists() and len(list(tickets.iterdir())) == 6 + len(list(used.iterdir())), "all handed in")
            # Fewer than two before any of six frames are a chance in a hundred thousand.
            drawn = sorted(used.iterdir(), key=lambda path: path.stat().st_ctime_ns)
            self.assertGreater(len(drawn), 1)
            (tickets / drawn[0].stem).unlink()
            for group in GROUPS:
                self.group_worker(site, group)
            self.assertEqual(watch.process.wait(timeout=120), 0, watch.text())
            lines = [json.loads(line) for line in watch.out.read_text().splitlines()]
            self.assertEqual(sorted(line["canary"] for line in lines if "canary" in line), sorted(path.stem for path in drawn[1:]))
            tested = lines[-1]["canaries"]
            self.assertEqual((tested["wrong"], tested["unanswered"]), (len(drawn) - 1, 1))

    def spoil(self, stock):
        """To know another answer than the right one is, to the submitter, that the workers are wrong."""
        for path in stock.glob("*.canary"):
            body = bytearray(path.read_bytes()[:-32])
            body[4 + 2 + 2 * 40 + 4 + 40] ^= 1  # what the second stage makes
            path.write_bytes(body + hashlib.sha256(body).digest())

    def make_canaries(self, folder, *words):
        return self.done_canaries(self.shop.run("obscura", "--json", "canary", "make", *words, "--key", self.shop.public, "--model",
                                                self.manifest, *self.shop.worker_keys(), "-o", folder))

    def done_canaries(self, answer):
        self.assertEqual(answer.code, 0, answer)
        return json.loads(answer.out)

    def test_canaries(self):
        with self.site_of_groups("canaries") as site:
            names = site.push(self.manifest)
            for group in GROUPS:
                self.group_worker(site, group)
            stock = self.shop.root / "canaries.stock"
            self.assertEqual(self.make_canaries(stock, *self.images[:2], "--each", "3")["left"], 6)
            canaries = ("--canaries", stock, "--canary", "0.9")
            words = ("--ct", *self.requests[:6], *names, "--groups", "acme,borea", "--out-dir", self.folder("canaries.out"))
            answer = site.submit(*words, *canaries)
            self.assertEqual(answer.code, 0, answer)
            tested = json.loads(answer.out)["canaries"]
            # None before any of six jobs is a chance in a million.
            self.assertGreater(tested["handed_in"], 0)
            self.assertEqual(tested["handed_in"], tested["right"])
            self.assertEqual(tested["handed_in"] + tested["left"], 6)
            self.assertEqual(len(list((stock / "used").iterdir())), tested["handed_in"])
            self.refused_submit(USAGE, site, *words, *canaries, "--id", "named", mentions=["stand apart"])
            self.refused_submit(USAGE, site, *words, "--canary", "0.5")
            self.refused_submit(USAGE, site, "--ct", self.requests[0], *names, "--no-wait", *canaries)
            empty = ("--canaries", self.folder("canaries.empty"), "--canary", "0.5")
            self.refused_submit(NOT_FOUND, site, *words, *empty, mentions=["canaries.empty"])

    def test_a_canary_that_is_answered_wrong(self):
        with self.site_of_groups("caught") as site:
            names = site.push(self.manifest)
            for group in GROUPS:
                self.group_worker(site, group)
            stock = self.shop.root / "caught.stock"
            self.make_canaries(stock, self.images[0], "--each", "12")
            self.spoil(stock)
            out = self.folder("caught.out")
            answer = site.submit("--ct", *self.requests[:6], *names, "--groups", "acme,borea", "--out-dir", out,
                                 "--canaries", stock, "--canary", "0.9")
            self.assertEqual(answer.code, DISAGREEMENT, answer)
            error = json.loads(answer.out)["error"]
            self.assertEqual(error["code"], DISAGREEMENT)
            for part in ("is a canary", "acme from stage 2 on", "borea from stage 2 on"):
                self.assertIn(part, error["message"])
            self.assertEqual(list(out.iterdir()), [])
