"""Well-formed files in the wrong company: another signer, key, plan, parameter set or kind."""

from command_line import CommandLineTest


class MismatchTest(CommandLineTest):
    def run_refused(self, code, sealed, request, evaluation=None, trust=None, mentions=()):
        words = ("run", sealed, request, *self.shop.worker_keys(evaluation, trust), "-o", self.out)
        for program in ("obscura-worker", "obscura"):
            with self.subTest(program=program):
                self.refused(code, program, *words, mentions=mentions)

    def test_everything_in_its_place_is_accepted(self):
        answer = self.shop.run("obscura-worker", "run", self.shop.sealed, self.shop.request, *self.shop.worker_keys(),
                               "-o", self.shop.root / "accepted.ct")
        self.assertEqual(answer.code, 0, answer)
        self.assertEqual(self.shop.run("obscura", "decrypt", self.shop.root / "accepted.ct", "--key",
                                       self.shop.secret).code, 0)

    def test_unknown_signer(self):
        self.run_refused(6, self.shop.stranger_sealed, self.shop.request, mentions=[self.shop.stranger_sealed])

    def test_trust_in_somebody_else(self):
        self.run_refused(6, self.shop.sealed, self.shop.request, trust=self.shop.stranger_pub)

    def test_a_known_signer_among_others_is_accepted(self):
        answer = self.shop.run("obscura-worker", "run", self.shop.sealed, self.shop.request, *self.shop.worker_keys(),
                               "--trust", self.shop.stranger_pub, "-o", self.shop.root / "among.ct")
        self.assertEqual(answer.code, 0, answer)

    def test_evaluation_keys_of_another_key_pair(self):
        keys = self.shop.other_keys / "eval"
        self.run_refused(7, self.shop.sealed, self.shop.request, evaluation=keys, mentions=[keys])

    def test_evaluation_keys_of_another_plan(self):
        self.run_refused(7, self.shop.sealed, self.shop.request, evaluation=self.shop.near_keys / "eval")
        self.run_refused(7, self.shop.sealed, self.shop.request, evaluation=self.shop.wide_keys / "eval")

    def test_request_under_another_key(self):
        self.run_refused(7, self.shop.sealed, self.shop.other_request, mentions=[self.shop.other_request])

    def test_request_for_another_plan(self):
        self.run_refused(7, self.shop.sealed, self.shop.near_request, mentions=[self.shop.near_request])

    def test_request_for_other_parameters(self):
        self.run_refused(7, self.shop.sealed, self.shop.wide_request, mentions=[self.shop.wide_request])

    def test_clear_weights_are_for_the_owner_only(self):
        run = ("run", self.shop.plan, self.shop.request, *self.shop.worker_keys(), "-o")
        self.refused(7, "obscura-worker", *run, self.out, mentions=[self.shop.plan, "clear weights"])
        answer = self.shop.root / "clear.ct"
        self.assertEqual(self.shop.run("obscura", *run, answer).code, 0)
        self.assertIn(": 3, margin", self.shop.run("obscura", "decrypt", answer, "--key", self.shop.secret).out)

    def test_a_sealed_model_needs_somebody_to_trust(self):
        run = ("run", self.shop.sealed, self.shop.request, "--eval-keys", self.shop.evaluation, "-o", self.out)
        self.refused(2, "obscura", *run, mentions=["trust"])
        self.refused(2, "obscura-worker", *run, mentions=["trust"])

    def test_wrong_secret_key(self):
        for keys in (self.shop.other_keys, self.shop.near_keys, self.shop.wide_keys):
            self.refused(7, "obscura", "decrypt", self.shop.result, "--key", keys / "secret",
                         mentions=[self.shop.result])

    def test_sealing_needs_the_key_of_the_plan(self):
        for keys in (self.shop.near_keys, self.shop.wide_keys):
            for key in ("secret", "public"):
                self.refused(7, "obscura", "seal", self.shop.plan, "--key", keys / key, "--sign", self.shop.vendor,
                             "-o", self.out)

    def test_a_plan_for_the_public_key_is_sealed_under_either(self):
        request = self.shop._request(self.shop.public_keys, "open.ct")
        for key in ("public", "secret"):
            model, answer = self.shop.root / f"open_{key}.sealed", self.shop.root / f"open_{key}.answer"
            self.shop.make("seal", self.shop.public_plan, "--key", self.shop.public_keys / key, "--sign",
                           self.shop.vendor, "-o", model)
            done = self.shop.run("obscura-worker", "run", model, request,
                                 *self.shop.worker_keys(self.shop.public_keys / "eval"), "-o", answer)
            self.assertEqual(done.code, 0, done)
            self.assertIn(": 3, margin",
                          self.shop.run("obscura", "decrypt", answer, "--key", self.shop.public_keys / "secret").out)

    def test_a_plan_for_the_secret_key_is_not_sealed_under_the_public_one(self):
        self.refused(7, "obscura", "seal", self.shop.plan, "--key", self.shop.public, "--sign", self.shop.vendor, "-o",
                     self.out, mentions=["sealed under the secret key"])
