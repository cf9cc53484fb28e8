"""The programs over NATS: a site for development with its own server, roles with site files, workers that are killed."""

import hashlib
import json
import re
import signal
import time

from site_shop import SLOW, Process, SiteTest, sealed_names, wait_for
from workshop import IMAGE

USAGE, NOT_FOUND, IO, UNTRUSTED, EXPIRED, WRONG_TENANT = 2, 3, 4, 6, 13, 19
LEASE_MS = 1500


class NatsSite:
    """`obscura up --nats` in a folder, and what was started there."""

    def __init__(self, shop, name, *options):
        self.shop = shop
        self.name = name
        self.folder = shop.root / name
        self.up = Process(shop, shop.root / f"{name}.up.log", "obscura", "up", self.folder, "--nats", "--owner",
                          shop.vendor_pub, "--log", "json", *options)
        self.processes = []
        wait_for(lambda: "is up" in self.up.out.read_text() or self.up.process.poll() is not None, "the site")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.stop(signal.SIGKILL)
        self.up.stop(signal.SIGINT)

    def file(self, role):
        return self.folder / f"{role}.site"

    def changed(self, role, name, **lines):
        """The site file of a role with other values, under another name."""
        text = self.file(role).read_text()
        for word, value in lines.items():
            text, found = re.subn(f"^{word} .*$", f"{word} {value}", text, flags=re.MULTILINE)
            if not found:
                text += f"{word} {value}\n"
        # In one step: the supervisor may be reading it.
        self.file("new").write_text(text)
        return self.file("new").replace(self.file(name))

    def push(self, model, site="owner", keys=None):
        answer = self.shop.run("obscura", "--json", "push", model, "--eval-keys", keys or self.shop.evaluation, "--site",
                               self.file(site))
        if answer.code != 0:
            raise AssertionError(f"{answer}; the site said: {self.up.text()}; its server: "
                                 f"{(self.folder / 'nats' / 'server.log').read_text()[-2000:]}")
        names = json.loads(answer.out)
        return ["--model", names["model"], "--eval-keys", names["eval_keys"]]

    def client(self):
        return ["--site", self.file("client"), "--identity", self.folder / "identities" / "client", "--state",
                self.shop.root / f"{self.name}.state"]

    def submit(self, *words):
        return self.shop.run("obscura", "--json", "submit", *words, *self.client())

    def status(self, role="admin"):
        return json.loads(self.shop.run("obscura", "--json", "status", "--site", self.file(role)).out)

    def worker(self, number, *options):
        """Serves one stage of whatever it is told, and keeps no other."""
        log = self.shop.root / f"{self.name}.worker{len(self.processes)}.log"
        self.processes.append(Process(self.shop, log, "obscura-worker", "--threads", "1", "serve", "--site",
                                      self.file("worker"), "--identity", self.folder / "identities" / "worker", "--cache",
                                      self.cache(number), "--log", "json", "--stage", str(number), *SLOW, *options))
        return self.processes[-1]

    def cache(self, number):
        return self.shop.root / f"{self.name}.cache{number}"

    def kill_in_work(self, worker, stage):
        """SIGKILL while the server counts a task of the stage as handed out: to this worker, which serves it alone."""
        for _ in range(20):
            worker.send(signal.SIGSTOP)
            end = time.monotonic() + 2
            while time.monotonic() < end:
                if any(lane["in_work"] for lane in self.status()["lanes"] if lane["stage"] == stage):
                    worker.stop(signal.SIGKILL)
                    return
            worker.send(signal.SIGCONT)
        raise AssertionError(f"no task of stage {stage} in work")


class NatsTest(SiteTest):
    def check_refused(self, code, words, *command, program="obscura"):
        """One sentence, one hint, and the documented code. (The server goes on writing its files meanwhile.)"""
        answer = self.shop.run(program, *command)
        self.assertEqual((answer.code, answer.out), (code, ""), answer)
        self.assertIn(words, self.check_message(answer, program))

    def test_three_workers_give_the_bytes_of_one_process_though_one_is_killed(self):
        with NatsSite(self.shop, "over_nats", "--no-worker") as site:
            site.changed("admin", "admin", lease_ms=LEASE_MS)
            self.assertEqual(self.shop.run("obscura-admin", "streams", "--site", site.file("admin")).code, 0)
            names = site.push(self.manifest)
            # One is told what to serve, the others find it in the site's list of models.
            workers = [site.worker(1), site.worker(2, *names), site.worker(3)]
            jobs = self.done(site.submit("--ct", *self.requests, *names, "--no-wait"))
            workers[1].wait_for_event("task")
            site.kill_in_work(workers[1], stage=2)
            again = site.worker(2)
            out = self.folder("over_nats.out")
            for job, request in zip(jobs, self.requests):
                done = self.done(site.submit("--id", job["id"], "-o", out / f"{request.stem}.result"))
                self.assertEqual(len(done[0]["stage_ms"]), 3)
            self.check_answers(out)
            # Also when it had stored the effect already, and was only about to say so.
            wait_for(lambda: 2 in [event["delivery"] for event in again.events() if event["event"] == "task"], "a second try")
            self.check_caches(site)
            self.check_status(site, names, len(jobs))

    def check_caches(self, site):
        common = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (self.manifest, self.shop.evaluation)}
        for number in (1, 2, 3):
            stage = self.shop.root / f"served.stage{number}.sealed"
            self.assertEqual(sealed_names(site.cache(number)), common | {hashlib.sha256(stage.read_bytes()).hexdigest()})

    def check_status(self, site, names, jobs):
        listed = [{"model": names[1], "eval_keys": names[3]}]
        for role in ("client", "worker", "owner"):
            self.assertEqual(site.status(role), {"models": listed})
        status = wait_for(lambda: (lambda got: got if got["tasks"] == 0 else None)(site.status()), "no task left")
        self.assertEqual((status["results"], status["models"]), (jobs, listed))

    def test_a_site_for_development(self):
        with NatsSite(self.shop, "nats_up") as site:
            site.push(self.whole)
            answer = self.shop.run("obscura", "submit", IMAGE, "--key", self.shop.public, "--model", self.whole, "--eval-keys",
                                   self.shop.evaluation, "--secret", self.shop.secret, *site.client())
            self.assertEqual(answer.code, 0, answer)
            self.assertIn(": 3, margin", answer.out)
            self.check_refused(IO, "already", "up", site.folder, "--nats")
            self.assertEqual(site.up.stop(signal.SIGINT), 0, site.up.text())
            self.assertIn("Server Exiting", (site.folder / "nats" / "server.log").read_text())
        before = site.file("client").read_text()
        with NatsSite(self.shop, "nats_up") as again:  # the same site, with what it held
            self.assertEqual(again.file("client").read_text(), before)
            self.assertEqual(len(again.status("owner")["models"]), 1)

    def test_a_job_that_nobody_does_expires_and_a_second_group_is_there(self):
        with NatsSite(self.shop, "idle", "--no-worker", "--groups", "2") as site:
            names = site.push(self.manifest)
            answer = site.submit("--ct", self.requests[0], *names, "--id", "late", "--deadline", "1", "-o",
                                 self.shop.root / "idle.result")
            self.assertEqual(answer.code, EXPIRED, answer)
            wait_for(lambda: (site.folder / "dead.jsonl").exists(), "the dead letter")
            # A week: what the job reads would be gone before.
            far = site.submit("--ct", self.requests[0], *names, "--id", "far", "--deadline", "604801", "--no-wait")
            self.assertEqual(far.code, USAGE, far)
            self.assertIn("too far off", far.err)
            second = Process(self.shop, self.shop.root / "idle.second.log", "obscura-worker", "serve", "--site",
                             site.folder / "worker-1.site", "--identity", site.folder / "identities" / "worker-1", "--cache",
                             self.shop.root / "idle.second", "--log", "json")
            second.wait_for_event("serving")
            self.assertEqual(second.stop(), 0)

    def test_a_group_that_is_revoked_is_shut_out_of_the_server(self):
        with NatsSite(self.shop, "shut", "--no-worker", "--groups", "4") as site:
            site.push(self.whole)
            worker = Process(self.shop, self.shop.root / "shut.worker.log", "obscura-worker", "serve", "--site",
                             site.folder / "worker-1.site", "--identity", site.folder / "identities" / "worker-1", "--cache",
                             self.shop.root / "shut.cache", "--log", "json")
            site.processes.append(worker)
            worker.wait_for_event("serving")
            done = self.shop.run("obscura-admin", "--json", "revoke", "group1", "--site", site.file("admin"))
            self.assertEqual(done.code, 0, done)
            self.assertEqual({name: json.loads(done.out)[name] for name in ("number", "server")}, {"number": 1, "server": "told"})
            worker.wait_for_event("revoked")
            self.check_refused(UNTRUSTED, "refuses", "status", "--site", site.folder / "worker-1.site")
            self.assertEqual(site.status("worker"), site.status("owner"))  # the others go on
            self.assertEqual(worker.stop(), 0, worker.text())
            self.check_revoked_where_nobody_tells_the_server(site)
            # Also when the server is down, and by who has no server to look after.
            self.assertEqual(site.up.stop(signal.SIGINT), 0)
            down = self.shop.run("obscura-admin", "--json", "revoke", "group2", "--site", site.file("admin"))
            self.assertEqual((down.code, json.loads(down.out)["server"]), (0, "not running"), down)
            roles = (site.folder / "nats" / "roles.conf").read_text()
            self.assertIn("revoked 1\n", roles)
            self.assertIn("revoked 2\n", roles)
            trust = self.shop.run("obscura-admin", "--json", "revoke", "default", "--trust", site.folder / "trust")
            self.assertEqual((trust.code, json.loads(trust.out)["server"]), (0, "none"), trust)
            # A group that nobody trusts any more is not shut out of the server either.
            self.check_refused(NOT_FOUND, "default", "revoke", "default", "--site", site.file("admin"), program="obscura-admin")
            self.assertNotIn("revoked 0", (site.folder / "nats" / "roles.conf").read_text())
            self.check_refused(USAGE, "say where", "revoke", "default", program="obscura-admin")

    def check_revoked_where_nobody_tells_the_server(self, site):
        """A server goes on with the accounts that it has: what is said is no more than what came to pass."""
        untold = site.folder / "untold.site"
        untold.write_text(re.sub("^server_pid .*\n", "", site.file("admin").read_text(), flags=re.MULTILINE))
        untold.chmod(0o600)
        done = self.shop.run("obscura-admin", "revoke", "group3", "--site", untold)
        self.assertEqual(done.code, 0, done)
        self.assertIn("the server lets them in until it is told", done.out)
        self.assertIn("revoked 3\n", (site.folder / "nats" / "roles.conf").read_text())
        accounts = [site.folder / "nats" / name for name in ("roles.conf", "accounts.conf")]
        again = self.shop.run("obscura-admin", "--json", "accounts", accounts[0], "-o", accounts[1])
        self.assertEqual((again.code, json.loads(again.out)["server"]), (0, "not asked"), again)
        still = self.shop.run("obscura", "status", "--site", site.folder / "worker-3.site")
        self.assertEqual(still.code, 0, still)

    def test_what_is_refused(self):
        with NatsSite(self.shop, "elsewhere", "--no-worker") as elsewhere:
            port = elsewhere.file("client").read_text().split("127.0.0.1:")[1].split()[0]
        with NatsSite(self.shop, "guarded", "--no-worker") as site:
            def refused(code, words, role, **lines):
                self.check_refused(code, words, "status", "--site", site.changed(role, "bad", **lines))
            refused(UNTRUSTED, "refuses", "client", seed=elsewhere.folder / "nats" / "roles" / "submitter-dev.seed")
            refused(UNTRUSTED, "refuses", "owner", seed="nats/roles/worker-0.seed")
            refused(UNTRUSTED, "refuses", "client", ca=elsewhere.folder / "nats" / "ca.crt")
            refused(IO, "cannot be reached", "client", server=f"tls://127.0.0.1:{port}", timeout_ms=500)
            self.check_refused(USAGE, "over NATS", "status", "--site", site.folder)
            self.check_refused(USAGE, "owner", "streams", "--site", site.file("owner"), program="obscura-admin")
            self.check_refused(WRONG_TENANT, "dev", "status", "a", *site.client(), "--tenant", "other")
            # Only the owner stores models.
            self.check_refused(UNTRUSTED, "obscura.model.", "push", self.whole, "--eval-keys", self.shop.evaluation,
                               "--site", site.file("client"))
