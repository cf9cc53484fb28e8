"""A model sealed in stages, and its manifest run in one process."""

import json
import shutil

from command_line import CommandLineTest
from workshop import IMAGE

USAGE, CORRUPT, UNTRUSTED, MISMATCH = 2, 5, 6, 7


class StagesTest(CommandLineTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.whole = cls.shop.root / "staged.sealed"
        cls.manifest = cls.shop.root / "staged.manifest"
        cls.stages = [cls.shop.root / f"staged.stage{number}.sealed" for number in (1, 2, 3)]
        cls.shop.make("seal", cls.shop.plan, "--key", cls.shop.secret, "--sign", cls.shop.vendor, "--stages", "3",
                      "--whole", "-o", cls.whole)
        cls.shop.request, cls.shop.evaluation  # made now, so that what is refused leaves no trace

    def run_model(self, model, out, *options, program="obscura-worker"):
        return program, *options, "run", model, self.shop.request, *self.shop.worker_keys(), "-o", out

    def answer(self, model, name, *options, program="obscura-worker"):
        out = self.shop.root / name
        done = self.shop.run(*self.run_model(model, out, *options, program=program))
        self.assertEqual(done.code, 0, done)
        return out, done

    def copy_of_all(self, name):
        """A folder with the manifest and its stages; returns them there."""
        folder = self.shop.root / name
        folder.mkdir()
        for path in (self.manifest, *self.stages):
            shutil.copy(path, folder)
        return folder / self.manifest.name, [folder / stage.name for stage in self.stages]

    def test_the_result_of_the_whole_model(self):
        whole, _ = self.answer(self.whole, "whole.result")
        for threads in ("1", "2"):
            staged, done = self.answer(self.manifest, f"staged{threads}.result", "--json", "--threads", threads)
            self.assertEqual(staged.read_bytes(), whole.read_bytes())
            figures = json.loads(done.out)
            self.assertEqual(len(figures["stage_ms"]), 3)
            self.assertAlmostEqual(sum(figures["stage_ms"]), figures["latency_ms"][0], places=6)
        by_owner, _ = self.answer(self.manifest, "owner.result", program="obscura")
        self.assertEqual(by_owner.read_bytes(), whole.read_bytes())
        self.assertIn(": 3, margin", self.shop.run("obscura", "decrypt", staged, "--key", self.shop.secret).out)

    def test_no_stage_holds_the_model(self):
        sizes = [stage.stat().st_size for stage in self.stages]
        self.assertLess(max(sizes), self.whole.stat().st_size)
        weights = [json.loads(self.shop.run("obscura", "--json", "inspect", path).out)["weights"]
                   for path in (self.whole, *self.stages)]
        self.assertEqual(sum(weights[1:]), weights[0])
        self.assertLess(max(weights[1:]), weights[0])

    def test_inspect_says_what_belongs_together(self):
        facts = [json.loads(self.shop.run("obscura", "--json", "inspect", path).out)
                 for path in (self.manifest, *self.stages)]
        for name in ("sealing", "plan", "key", "signer", "stages"):
            self.assertEqual(len({fact[name] for fact in facts}), 1, name)
        self.assertEqual([fact["stage"] for fact in facts[1:]], [1, 2, 3])
        for left, right in zip(facts[1:], facts[2:]):
            self.assertEqual(left["ciphertexts_out"], right["ciphertexts_in"])

    def test_weights_under_the_public_key(self):
        sealed = self.shop.root / "open.sealed"
        keys = self.shop.public_keys
        self.shop.make("seal", self.shop.public_plan, "--key", keys / "public", "--sign", self.shop.vendor, "--stages",
                       "2", "--whole", "-o", sealed)
        request = self.shop.root / "open_three.ct"
        self.shop.make("encrypt", IMAGE, "--key", keys / "public", "-o", request)
        answers = []
        for model in (sealed, sealed.with_suffix(".manifest")):
            out = model.with_suffix(".result")
            self.shop.make("run", model, request, *self.shop.worker_keys(keys / "eval"), "-o", out)
            answers.append(out.read_bytes())
        self.assertEqual(answers[0], answers[1])

    def test_a_stage_alone(self):
        for number, stage in enumerate(self.stages, 1):
            for program in ("obscura", "obscura-worker"):
                self.refused(MISMATCH, *self.run_model(stage, self.out, program=program),
                             mentions=["stage missing", stage, f"stage {number} of 3"])

    def test_a_stage_that_is_not_there_or_another(self):
        manifest, stages = self.copy_of_all("gaps")
        stages[1].unlink()
        self.refused(MISMATCH, *self.run_model(manifest, self.out), mentions=["stage missing", stages[1], "stage 2 of 3"])
        shutil.copy(stages[2], stages[1])
        self.refused(MISMATCH, *self.run_model(manifest, self.out), mentions=["stage missing", stages[1], "is stage 3 of 3"])
        again = self.shop.root / "again.sealed"
        self.shop.make("seal", self.shop.plan, "--key", self.shop.secret, "--sign", self.shop.vendor, "--stages", "3", "-o", again)
        self.assertFalse(again.exists(), "the whole model is written only with --whole")
        shutil.copy(self.shop.root / "again.stage2.sealed", stages[1])
        self.refused(MISMATCH, *self.run_model(manifest, self.out), mentions=["stage missing", stages[1], "of sealing"])

    def test_damaged_stages_and_manifests(self):
        manifest, stages = self.copy_of_all("damaged")
        for path in (manifest, *stages):
            whole = path.read_bytes()
            for at in (16, 140, 200, len(whole) // 2, len(whole) - 1):
                with self.subTest(path=path.name, at=at):
                    path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1:])
                    before = self.shop.listing()
                    done = self.shop.run(*self.run_model(manifest, self.out))
                    self.assertIn(done.code, (CORRUPT, UNTRUSTED), done)
                    self.check_message(done, "obscura-worker")
                    self.assertEqual(self.shop.listing(), before)
            path.write_bytes(whole)

    def test_a_stranger_s_stages(self):
        untrusting = ("obscura-worker", "run", self.manifest, self.shop.request,
                      *self.shop.worker_keys(trust=self.shop.stranger_pub), "-o", self.out)
        self.refused(UNTRUSTED, *untrusting, mentions=[self.manifest])

    def test_how_many(self):
        seal = ("obscura", "seal", self.shop.plan, "--key", self.shop.secret, "--sign", self.shop.vendor, "-o", self.out)
        for stages in ("0", "1", "65", "many"):
            self.refused(USAGE, *seal, "--stages", stages)
        self.refused(USAGE, *seal, "--stages", "64", mentions=["64 stages"])
        self.refused(USAGE, *seal, "--whole", mentions=["--whole"])
        self.refused(USAGE, *seal, "--stage-per-bootstrap", mentions=["no bootstraps"])
