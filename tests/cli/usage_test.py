"""The command line itself: options, versions, JSON errors, places that cannot be written."""

import json

from command_line import CommandLineTest
from workshop import DIGITS, IMAGE, MODEL

COMMANDS = ["demo", "identity", "compile", "keygen", "seal", "encrypt", "run", "decrypt", "releases", "inspect", "bench", "up",
            "push", "submit", "status", "cancel"]


class UsageTest(CommandLineTest):
    def test_versions_and_help(self):
        for program in ("obscura", "obscura-worker", "obscura-admin"):
            version = self.shop.run(program, "--version")
            self.assertEqual(version.code, 0)
            self.assertRegex(version.out, rf"\A{program} \d+\.\d+\.\d+\n\Z")
        for command in COMMANDS:
            answer = self.shop.run("obscura", command, "--help")
            self.assertEqual((answer.code, answer.err), (0, ""))

    def test_what_is_not_understood(self):
        self.refused(2, "obscura", "--nonsense")
        self.refused(2, "obscura", "no-such-command")
        self.refused(2, "obscura", "compile", "--security", "100")
        for command in COMMANDS:
            self.refused(2, "obscura", command, "--nonsense")
        self.refused(2, "obscura-worker", "run", "--nonsense")
        self.refused(2, "obscura-worker", "decrypt")
        self.refused(2, "obscura-worker", "--threads", "0", "run")

    def test_messages_do_not_write_to_the_screen_what_a_name_says(self):
        answer = self.shop.run("obscura", "inspect", "no\x1b[2Jsuch\nfile")
        self.assertEqual(answer.code, 3)
        self.assertIn("no?[2Jsuch file", answer.err)

    def test_unknown_kernels(self):
        self.refused(2, "obscura", "--kernels", "abacus", "encrypt", IMAGE, "--key", self.shop.public, "-o", self.out,
                     mentions=["abacus"])

    def test_where_outputs_go_must_be_clear(self):
        run = ("run", *self.shop.worker_keys(), self.shop.sealed, self.shop.request)
        self.refused(2, "obscura-worker", *run)
        self.refused(2, "obscura-worker", *run, "-o", self.out, "--out-dir", self.shop.root)
        self.refused(2, "obscura-worker", *run, self.shop.other_request, "-o", self.out)
        encrypt = ("encrypt", IMAGE, "--key", self.shop.public)
        self.refused(2, "obscura", *encrypt)
        self.refused(2, "obscura", *encrypt, IMAGE, "--out-dir", self.shop.root)

    def test_missing_files(self):
        shop, gone = self.shop, self.shop.root / "gone"
        commands = [
            ("obscura", "compile", gone, "--calibrate", DIGITS, "-o", self.out),
            ("obscura", "compile", MODEL, "--calibrate", gone, "-o", self.out),
            ("obscura", "compile", MODEL, "--calibrate", DIGITS, "--input", gone, "-o", self.out),
            ("obscura", "keygen", gone, "--unprotected", "-o", self.out),
            ("obscura", "seal", gone, "--key", shop.secret, "--sign", shop.vendor, "-o", self.out),
            ("obscura", "seal", shop.plan, "--key", gone, "--sign", shop.vendor, "-o", self.out),
            ("obscura", "seal", shop.plan, "--key", shop.secret, "--sign", gone, "-o", self.out),
            ("obscura", "encrypt", gone, "--key", shop.public, "-o", self.out),
            ("obscura", "encrypt", IMAGE, "--key", gone, "-o", self.out),
            ("obscura", "decrypt", gone, "--key", shop.secret),
            ("obscura", "decrypt", shop.request, "--key", gone),
            ("obscura", "inspect", gone),
            ("obscura-worker", "run", gone, shop.request, *shop.worker_keys(), "-o", self.out),
            ("obscura-worker", "run", shop.sealed, gone, *shop.worker_keys(), "-o", self.out),
            ("obscura-worker", "run", shop.sealed, shop.request, *shop.worker_keys(evaluation=gone), "-o", self.out),
            ("obscura-worker", "run", shop.sealed, shop.request, *shop.worker_keys(trust=gone), "-o", self.out),
        ]
        for command in commands:
            with self.subTest(command=command[:2]):
                self.refused(3, *command, mentions=[gone])

    def test_places_that_cannot_be_written(self):
        # Below an ordinary file there is no folder, not even for root.
        shop = self.shop
        below = shop.request / "below"
        self.refused(3, "obscura", "identity", "new", "-o", below)
        self.refused(3, "obscura", "compile", MODEL, "--calibrate", DIGITS, "-o", below)
        self.refused(4, "obscura", "keygen", shop.spec, "--unprotected", "-o", below)
        self.refused(3, "obscura", "seal", shop.plan, "--key", shop.secret, "--sign", shop.vendor, "-o", below)
        self.refused(3, "obscura", "encrypt", IMAGE, "--key", shop.public, "-o", below)
        self.refused(3, "obscura-worker", "run", shop.sealed, shop.request, *shop.worker_keys(), "-o", below)
        self.refused(4, "obscura-worker", "run", shop.sealed, shop.request, *shop.worker_keys(), "-o", shop.keys)

    def test_what_is_secret_is_never_overwritten(self):
        self.refused(4, "obscura", "identity", "new", "-o", self.shop.vendor, mentions=[self.shop.vendor, "exists"])
        self.refused(4, "obscura", "keygen", self.shop.spec, "--unprotected", "-o", self.shop.keys, mentions=["exists"])

    def test_pairs_are_written_together_or_not_at_all(self):
        for name in ("pair.plan", "pair.spec", "signer.pub"):
            (self.shop.root / name).mkdir()
            pair = self.shop.root / name.split(".")[0]
            with self.subTest(taken=name):
                if pair.name == "pair":
                    self.refused(4, "obscura", "compile", MODEL, "--calibrate", DIGITS, "-o", pair, mentions=[name])
                else:
                    self.refused(4, "obscura", "identity", "new", "-o", pair, mentions=[name])
            (self.shop.root / name).rmdir()

    def test_keys_are_written_together_or_not_at_all(self):
        # `secret` is a link to nowhere, which is noticed only when it is written, after the other two.
        folder = self.shop.root / "half"
        folder.mkdir()
        (folder / "secret").symlink_to(folder / "nowhere")
        self.refused(4, "obscura", "keygen", self.shop.spec, "--unprotected", "-o", folder, mentions=["secret"])

    def test_errors_as_json(self):
        shop = self.shop
        self.refused_as_json(2, "obscura", "encrypt", "--nonsense")
        self.refused_as_json(2, "obscura-worker", "run", "--nonsense")
        self.refused_as_json(3, "obscura", "inspect", shop.root / "gone")
        self.refused_as_json(7, "obscura", "decrypt", shop.request, "--key", shop.secret)
        run = ("run", shop.sealed, shop.request, *shop.worker_keys(trust=shop.stranger_pub), "-o", self.out)
        self.refused_as_json(6, "obscura", *run)
        self.refused_as_json(6, "obscura-worker", *run)

    def test_names_need_not_be_utf8(self):
        name = bytes(self.shop.root) + b"/\xff\xfe.ct"
        answer = self.shop.run("obscura", "--json", "encrypt", IMAGE, "--key", self.shop.public, "-o", name)
        self.assertEqual(answer.code, 0, answer)
        self.assertTrue(json.loads(answer.out)["requests"])
        self.assertEqual(self.shop.run("obscura", "--json", "inspect", name).code, 0)
        missing = self.shop.run("obscura-worker", "--json", "run", name + b"x", name, "--eval-keys", name, "--trust",
                                name, "-o", self.out)
        self.assertNotIn(missing.code, (0, 1), missing)
        self.assertIn("error", json.loads(missing.out))
