"""Several images in one request: `compile --images`, and what encrypt, run and decrypt make of it."""

import json
import struct

from command_line import CommandLineTest
from site_shop import Site
from workshop import DIGITS

# Named after the digit that they show; the model is right on all of them.
IMAGES = sorted(DIGITS.glob("*.png"))[::7]


class ImagesTest(CommandLineTest):
    def figures(self, *words):
        answer = self.shop.run("obscura", "--json", *words)
        self.assertEqual(answer.code, 0, answer)
        return json.loads(answer.out)

    def alone(self, images):
        """The answers of the plan for one image a request."""
        shop = self.shop
        requests, results = shop.root / "single_requests", shop.root / "single_results"
        requests.mkdir()
        results.mkdir()
        made = self.figures("encrypt", *images, "--key", shop.public, "--out-dir", requests)
        done = self.figures("run", shop.sealed, *made["requests"], *shop.worker_keys(), "--out-dir", results)
        return self.figures("decrypt", *done["results"], "--key", shop.secret)["answers"]

    def test_ten_images_in_three_requests(self):
        shop, keys, some = self.shop, self.shop.four_keys, IMAGES[:10]
        requests, results = shop.root / "four_requests", shop.root / "four_results"
        requests.mkdir()
        results.mkdir()
        made = self.figures("encrypt", *some, "--key", keys / "public", "--out-dir", requests)
        names = [f"{some[first].stem}_to_{some[last].stem}" for first, last in ((0, 3), (4, 7), (8, 9))]
        self.assertEqual(made["images"], 4)
        self.assertEqual(made["requests"], [str(requests / f"{name}.ct") for name in names])
        self.assertEqual(made["inputs"], [[str(path) for path in some[i:i + 4]] for i in (0, 4, 8)])
        done = self.figures("run", shop.four_sealed, *made["requests"], *shop.worker_keys(keys / "eval"), "--out-dir", results)
        self.assertEqual(len(done["results"]), 3)
        answers = self.figures("decrypt", *done["results"], "--key", keys / "secret")["answers"]
        self.assertEqual([one["image"] for one in answers], [0, 1, 2, 3, 0, 1, 2, 3, 0, 1])
        self.assertEqual([one["name"] for one in answers], [path.name[0] for path in some])
        self.assertTrue(all(one["decided"] and one["in_range"] for one in answers))
        for one, alone in zip(answers, self.alone(some)):
            self.assertEqual(one["label"], alone["label"])
            # Each margin is rounded, and off by at most twice the error of a score, which is at most half a step.
            self.assertLessEqual(abs(one["margin"] - alone["margin"]), 1.5 * (one["rounded_to"] + alone["rounded_to"]))

    def test_a_request_of_four_at_a_site(self):
        shop, keys, some = self.shop, self.shop.four_keys, IMAGES[:4]
        request = shop.root / "site_four.ct"
        shop.make("encrypt", *some, "--key", keys / "public", "-o", request)
        site = Site(shop, "several")
        try:
            names = site.push(shop.four_sealed, keys / "eval")
            site.worker()
            words = ("--ct", request, *names, "--id", "four", "--secret", keys / "secret")
            answer = site.submit(*words)
            self.assertEqual(answer.code, 0, answer)
            answers = json.loads(answer.out)["jobs"][0]["answers"]
            self.assertEqual([one["image"] for one in answers], [0, 1, 2, 3])
            self.assertEqual([one["name"] for one in answers], [path.name[0] for path in some])
            for i, line in enumerate(site.submit(*words, json_out=False).out.splitlines()):
                self.assertTrue(line.startswith(f"four[{i}]: {some[i].name[0]}, margin "), line)
        finally:
            site.close()

    def test_fewer_images_with_clear_weights(self):
        shop, keys, some = self.shop, self.shop.four_keys, IMAGES[10:13]
        request, result = shop.root / "some.ct", shop.root / "some.result"
        shop.make("encrypt", *some, "--key", keys / "public", "-o", request)
        shop.make("run", shop.four_plan, request, "--eval-keys", keys / "eval", "-o", result)
        answer = shop.run("obscura", "decrypt", result, "--key", keys / "secret")
        self.assertEqual(answer.code, 0, answer)
        lines = answer.out.splitlines()
        self.assertEqual(len(lines), 3)
        for i, path in enumerate(some):
            self.assertTrue(lines[i].startswith(f"{result}[{i}]: {path.name[0]}, margin "), lines[i])
        self.assertEqual(self.figures("inspect", request)["images"], 3)
        self.assertEqual(self.figures("inspect", result)["images"], 3)
        self.assertEqual(self.figures("inspect", keys / "public")["images"], 4)

    def test_images_of_one_idx_file(self):
        shop, folder = self.shop, self.shop.root / "idx_requests"
        folder.mkdir()
        pixels = shop.root / "six.idx"
        pixels.write_bytes(struct.pack(">IIII", 0x803, 6, 28, 28) + bytes(6 * 28 * 28))
        inputs = [f"{pixels}:{i}" for i in range(6)]
        made = self.figures("encrypt", *inputs, "--key", shop.four_keys / "public", "--out-dir", folder)
        self.assertEqual(made["requests"], [str(folder / name) for name in ("six.idx-0_to_six.idx-3.ct", "six.idx-4_to_six.idx-5.ct")])
        made = self.figures("encrypt", *inputs[:2], "--key", shop.public, "--out-dir", folder)
        self.assertEqual(made["requests"], [str(folder / name) for name in ("six.idx-0.ct", "six.idx-1.ct")])

    def test_more_than_a_request_holds(self):
        keys = self.shop.four_keys
        self.refused(2, "obscura", "encrypt", *IMAGES[:5], "--key", keys / "public", "-o", self.out, mentions=["up to 4 inputs"])
        for images in ("0", "1025"):
            self.refused(2, "obscura", "compile", self.shop.four_plan, "--calibrate", DIGITS, "--images", images, "-o", self.out)
