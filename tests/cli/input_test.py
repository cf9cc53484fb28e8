"""Images and calibration data that do not fit, or are not there."""

import struct

from command_line import CommandLineTest
from workshop import DIGITS, MODEL


class InputTest(CommandLineTest):
    def write(self, name, data):
        path = self.shop.root / name
        path.write_bytes(data)
        return path

    def encrypt(self, image):
        return "obscura", "encrypt", image, "--key", self.shop.public, "-o", self.out

    def idx(self, name, count, rows=28, columns=28):
        head = struct.pack(">BBBBIII", 0, 0, 8, 3, count, rows, columns)
        return self.write(name, head + bytes(i % 251 for i in range(count * rows * columns)))

    def test_wrong_size(self):
        self.refused(7, *self.encrypt(self.write("low.pgm", b"P5\n28 27\n255\n" + bytes(28 * 27))), mentions=["28"])
        self.refused(7, *self.encrypt(self.write("large.pgm", b"P5\n280 280\n255\n" + bytes(280 * 280))))
        self.refused(7, *self.encrypt(f"{self.idx('narrow', 2, columns=27)}:1"))
        self.refused(7, *self.encrypt(self.write("short.csv", b"1,2,3\n")), mentions=["784"])

    def test_damaged_images(self):
        png = (DIGITS / "3_pen_02.png").read_bytes()
        self.refused(5, *self.encrypt(self.write("cut.png", png[: len(png) // 2])), mentions=["cut.png"])
        self.refused(5, *self.encrypt(self.write("short.pgm", b"P5\n28 28\n255\n" + bytes(700))))
        cut = self.write("cut.idx", self.idx("whole.idx", 2).read_bytes()[:-1])
        self.refused(5, *self.encrypt(f"{cut}:0"), mentions=[cut])

    def test_images_of_an_idx_file(self):
        path = self.idx("three.idx", 3)
        answer = self.shop.run("obscura", "encrypt", f"{path}:2", "--key", self.shop.public, "-o",
                               self.shop.root / "third.ct")
        self.assertEqual(answer.code, 0, answer)
        self.refused(2, *self.encrypt(f"{path}:3"), mentions=["3", path])
        self.refused(2, *self.encrypt(f"{path}:99999999999999999999"))
        self.refused(2, *self.encrypt(path))

    def test_what_cannot_calibrate(self):
        empty = self.shop.root / "empty"
        empty.mkdir()
        compile_with = ("obscura", "compile", MODEL, "-o", self.out, "--calibrate")
        self.refused(3, *compile_with, empty, mentions=[empty])
        self.refused(5, "obscura", "compile", self.write("cut.onnx", MODEL.read_bytes()[:1000]), "--calibrate", DIGITS,
                     "-o", self.out)
        self.refused(5, *compile_with, DIGITS, "--input", self.write("form.json", b'{"scale": "much"}'))
        self.refused(7, *compile_with, self.idx("narrow.idx", 2, columns=27))

    def test_more_images_than_there_are(self):
        demo = ("demo", "--own-digits", "--assets", DIGITS.parent, "--images", "101")
        self.refused(2, "obscura", *demo, mentions=["101", "100"])
        self.refused_as_json(2, "obscura", *demo)
        self.refused(3, "obscura", "demo", "--data", self.shop.root, "--assets", DIGITS.parent)
