#!/usr/bin/env python3
"""The boundary check must see what it is there to see."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import check_worker_boundary as boundary  # noqa: E402

SOURCE = """
namespace obscura::%s { int reveal(int x) { return x + 1; } }
int main(int argc, char**) { return obscura::%s::reveal(argc); }
"""


def symbols_of(namespace):
    """`nm -C` of a program that has one function in obscura::`namespace`."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = os.path.join(folder, "a.cpp"), os.path.join(folder, "a")
        with open(source, "w", encoding="utf-8") as file:
            file.write(SOURCE % (namespace, namespace))
        subprocess.run(["c++", "-std=c++20", "-o", program, source], check=True)
        return boundary.run("nm", "-C", program)


class BoundaryTest(unittest.TestCase):
    @unittest.skipUnless(shutil.which("c++") and shutil.which("nm"), "no compiler")
    def test_symbols_of_a_real_program(self):
        self.assertEqual(boundary.rooms_in_symbols(symbols_of("fhe::secret")), {"fhe/secret"})
        self.assertEqual(boundary.rooms_in_symbols(symbols_of("plan::weights")), {"plan/weights"})
        self.assertEqual(boundary.rooms_in_symbols(symbols_of("fhe::ckks")), set())

    def test_symbols_inside_other_names(self):
        line = "0000 T std::vector<obscura::plan::weights::Diagonal, std::allocator<int> >::size()"
        self.assertEqual(boundary.rooms_in_symbols(line), {"plan/weights"})

    def test_build_graph(self):
        self.assertEqual(boundary.rooms_in_inputs("libobscura_base.a\nlibobscura_fhe_secret.a\n"), {"fhe/secret"})
        objects = "CMakeFiles/obscura_plan_weights.dir/src/plan/weights/x.cpp.o\n"
        self.assertEqual(boundary.rooms_in_inputs(objects), {"plan/weights"})
        self.assertEqual(boundary.rooms_in_inputs("libobscura_fhe_ckks.a\nlibobscura_plan_program.a\n"), set())

    def test_verdicts(self):
        both = set(boundary.FORBIDDEN_ROOMS)
        self.assertEqual(boundary.check("x", set(), both), [])
        self.assertEqual(len(boundary.check("x", {"fhe/secret"}, both)), 1)
        self.assertEqual(len(boundary.check("x", set(), set())), 2)


if __name__ == "__main__":
    unittest.main()
