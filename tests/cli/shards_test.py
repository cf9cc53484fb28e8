"""A wide layer in four shards with a merge: in one process, on workers that are killed, and over NATS."""

import json
import shutil
import signal
import time

import nats_test
from site_shop import LEASE_MS, SLOW, SiteTest, sealed_names, wait_for
from workshop import CHECKOUT, DIGITS, IMAGE

USAGE, MISMATCH = 2, 7
MODEL = CHECKOUT / "models" / "mlp_mnist" / "model.onnx"
PIECES = ("2.1", "2.2", "2.3", "2.4", "2.merge")


def place_of(piece):
    """Stage and shard as `obscura status` names them."""
    stage, _, shard = piece.partition(".")
    return int(stage), shard or "1"


class WideModel:
    """A model whose second stage is in shards, requests, and what one process makes of them."""

    def __init__(self, shop):
        self.root = shop.root / "wide_model"
        (self.root / "requests").mkdir(parents=True)
        self.plan = self.root / "wide.plan"
        self.keys = self.root / "keys"
        self.whole = self.root / "wide.sealed"
        self.manifest = self.root / "wide.manifest"
        self.shards = [self.root / f"wide.stage2.shard{number}.sealed" for number in (1, 2, 3, 4)]
        self.merge = self.root / "wide.stage2.merge.sealed"
        self.evaluation = self.keys / "eval"
        shop.make("compile", MODEL, "--calibrate", DIGITS, "-o", self.root / "wide")
        shop.make("keygen", self.root / "wide.spec", "--unprotected", "-o", self.keys)
        self.sealed = json.loads(shop.run("obscura", "--json", "seal", self.plan, "--key", self.keys / "secret", "--sign",
                                          shop.vendor, "--stages", "2", "--shards", "4", "--whole", "-o", self.whole).out)
        images = sorted(DIGITS.glob("*.png"))[:6]
        shop.make("encrypt", *images, "--key", self.keys / "public", "--out-dir", self.root / "requests")
        self.requests = [self.root / "requests" / f"{image.stem}.ct" for image in images]
        shop.make("run", self.whole, *self.requests, *shop.worker_keys(self.evaluation), "--out-dir", self.root)

    def result(self, request):
        return (self.root / f"{request.stem}.result").read_bytes()


class ShardsTest(SiteTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not hasattr(cls.shop, "wide_model"):
            cls.shop.wide_model = WideModel(cls.shop)
        cls.wide = cls.shop.wide_model

    def copy_of_all(self, name):
        folder = self.folder(name)
        for path in self.wide.root.glob("wide.*"):
            if path.is_file() and path != self.wide.whole:
                shutil.copy(path, folder)
        return folder

    def run_model(self, model, out, program="obscura-worker"):
        return program, "run", model, self.wide.requests[0], *self.shop.worker_keys(self.wide.evaluation), "-o", out

    def test_one_process_gives_the_bytes_of_the_whole_model(self):
        for program in ("obscura", "obscura-worker"):
            out = self.shop.root / f"sharded.{program}.result"
            done = self.shop.run(*self.run_model(self.wide.manifest, out, program))
            self.assertEqual(done.code, 0, done)
            self.assertEqual(out.read_bytes(), self.wide.result(self.wide.requests[0]))

    def test_each_file_holds_its_weights_only(self):
        facts = [json.loads(self.shop.run("obscura", "--json", "inspect", path).out)
                 for path in (self.wide.whole, self.wide.root / "wide.stage1.sealed", *self.wide.shards, self.wide.merge)]
        self.assertEqual(sum(fact["weights"] for fact in facts[1:]), facts[0]["weights"])
        self.assertEqual([fact["shard"] for fact in facts[2:]], [1, 2, 3, 4, "merge"])
        self.assertEqual({fact["shards"] for fact in facts[2:]}, {4})
        listed = self.wide.sealed["stages"][1]
        self.assertEqual([shard["file"] for shard in listed["shards"]], [str(path) for path in self.wide.shards])
        self.assertEqual(listed["file"], str(self.wide.merge))
        self.assertNotIn("shards", self.wide.sealed["stages"][0])

    def test_a_shard_alone_and_a_shard_that_is_not_there(self):
        for number, shard in enumerate(self.wide.shards, 1):
            for program in ("obscura", "obscura-worker"):
                self.refused(MISMATCH, *self.run_model(shard, self.out, program),
                             mentions=["shard missing", shard, f"shard {number} of 4 of stage 2 of 2"])
        folder = self.copy_of_all("shard_gaps")
        gap = folder / self.wide.shards[2].name
        gap.unlink()
        manifest = folder / self.wide.manifest.name
        self.refused(MISMATCH, *self.run_model(manifest, self.out), mentions=["shard missing", gap, "shard 3 of 4"])
        shutil.copy(self.wide.shards[0], gap)
        self.refused(MISMATCH, *self.run_model(manifest, self.out), mentions=["shard missing", gap, "is shard 1 of 4"])

    def test_how_many(self):
        seal = ("obscura", "seal", self.wide.plan, "--key", self.wide.keys / "secret", "--sign", self.shop.vendor, "-o", self.out)
        for shards in ("0", "1", "65", "many"):
            self.refused(USAGE, *seal, "--stages", "2", "--shards", shards)
        self.refused(USAGE, *seal, "--stages", "2", "--shards", "64", mentions=["wide enough for 64 shards", "giant steps"])
        self.refused(USAGE, *seal, "--shards", "4", mentions=["--shards"])

    def test_a_choice_that_the_model_does_not_have(self):
        with self.site("choices") as site:
            names = site.push(self.wide.manifest, self.wide.evaluation)
            for choice in ("3", "2.5", "1.1", "2.x", "2.0", ""):
                worker = site.worker(*names, "--stage", choice)
                self.assertEqual(worker.process.wait(timeout=60), USAGE, worker.text())

    def start_piece(self, site, names, piece):
        worker = site.worker(*names, "--stage", piece, *SLOW, cache=f"cache{piece}")
        worker.wait_for_event("serving")
        return worker

    def kill_in_work(self, site, worker, piece):
        """SIGKILL while the queue counts a task of the piece as handed out: to this worker, which serves it alone."""
        stage, shard = place_of(piece)
        def in_work():
            return any(lane["in_work"] for lane in site.status()["lanes"]
                       if (lane["stage"], lane["shard"]) == (stage, shard))
        end = time.monotonic() + 60
        while time.monotonic() < end:
            worker.send(signal.SIGSTOP)
            if in_work():
                worker.stop(signal.SIGKILL)
                return
            worker.send(signal.SIGCONT)
            time.sleep(0.005)
        raise AssertionError(f"no task of {piece} in work")

    def check_jobs(self, site, jobs, folder):
        out = self.folder(folder)
        for job, request in zip(jobs, self.wide.requests):
            self.done(site.submit("--id", job["id"], "-o", out / f"{request.stem}.result"))
            self.assertEqual((out / f"{request.stem}.result").read_bytes(), self.wide.result(request), request)

    def kill_each_in_turn(self, site, names, start):
        """Each worker of the second stage dies in the middle of a task while the jobs go through."""
        workers = {piece: start(piece) for piece in ("1", *PIECES)}
        answered = 0
        for number, piece in enumerate(PIECES):
            ids = [f"{site.name}-{number}-{index}" for index in range(3)]
            jobs = [{"id": name} for name in ids]
            for name, request in zip(ids, self.wide.requests):
                self.done(site.submit("--ct", request, *names, "--id", name, "--no-wait"))
            self.kill_in_work(site, workers[piece], piece)
            workers[piece] = start(piece)
            self.check_jobs(site, jobs, f"{site.name}.killed{number}")
            answered += len(jobs)
            deliveries = [event["delivery"] for event in workers[piece].events() if event["event"] == "task"]
            self.assertGreaterEqual(max(deliveries), 2, f"{piece} was in nobody's work when its worker died")
        status = wait_for(lambda: (lambda got: got if got["tasks"] == 0 else None)(site.status()), "no task left")
        self.assertEqual(status["results"], answered, "each job is answered once")
        return workers

    def test_any_worker_of_a_shard_may_be_killed(self):
        with self.site("sharded") as site:
            names = site.push(self.wide.manifest, self.wide.evaluation)
            workers = self.kill_each_in_turn(site, names, lambda piece: self.start_piece(site, names, piece))
            for number, piece in enumerate(PIECES[:4], 1):
                steps = {event["step"] for event in workers[piece].events() if event["event"] == "task"}
                self.assertEqual(steps, {f"1/{number - 1}"}, "a worker takes tasks of the shards that it holds")
                self.assertEqual(len(sealed_names(self.shop.root / f"sharded.cache{piece}")), 3, "manifest, keys, shard")

    def test_a_worker_may_hold_any_shards(self):
        with self.site("mixed") as site:
            names = site.push(self.wide.manifest, self.wide.evaluation)
            for piece in (("1", "2.1", "2.3"), ("2.2", "2.4", "2.merge"), ("2",)):
                chosen = [word for one in piece for word in ("--stage", one)]
                site.worker(*names, *chosen, *SLOW, cache=f"cache{piece[0]}")
            out = self.folder("mixed.out")
            jobs = self.done(site.submit("--ct", *self.wide.requests, *names, "--out-dir", out))
            self.assertEqual([len(job["stage_ms"]) for job in jobs], [2] * len(jobs))
            for request in self.wide.requests:
                self.assertEqual((out / f"{request.stem}.result").read_bytes(), self.wide.result(request))
            status = wait_for(lambda: (lambda got: got if got["tasks"] == 0 else None)(site.status()), "no task left")
            self.assertEqual(status["results"], len(jobs))

    def test_canaries_know_what_every_shard_makes(self):
        with self.site("sharded_canaries") as site:
            names = site.push(self.wide.manifest, self.wide.evaluation)
            site.worker(*names, cache="canary_cache")
            stock = self.shop.root / "sharded_canaries.stock"
            made = self.shop.run("obscura", "--json", "canary", "make", IMAGE, "--each", "6", "--key", self.wide.keys / "public",
                                 "--model", self.wide.manifest, "--eval-keys", self.wide.evaluation, "--trust",
                                 self.shop.vendor_pub, "-o", stock)
            self.assertEqual(json.loads(made.out)["left"], 6, made)
            out = self.folder("sharded_canaries.out")
            answer = site.submit("--ct", *self.wide.requests, *names, "--out-dir", out, "--canaries", stock, "--canary", "0.9")
            self.assertEqual(answer.code, 0, answer)
            tested = json.loads(answer.out)["canaries"]
            # None before any of six jobs is a chance in a million.
            self.assertGreater(tested["handed_in"], 0)
            self.assertEqual(tested["handed_in"], tested["right"])
            for request in self.wide.requests:
                self.assertEqual((out / f"{request.stem}.result").read_bytes(), self.wide.result(request))

    def test_over_nats_any_worker_of_a_shard_may_be_killed(self):
        with nats_test.NatsSite(self.shop, "sharded_net", "--no-worker") as site:
            site.changed("admin", "admin", lease_ms=LEASE_MS)
            self.assertEqual(self.shop.run("obscura-admin", "streams", "--site", site.file("admin")).code, 0)
            names = site.push(self.wide.manifest, keys=self.wide.evaluation)

            def start(piece):
                worker = site.worker(piece, *names)
                worker.wait_for_event("serving")
                return worker
            self.kill_each_in_turn(site, names, start)
