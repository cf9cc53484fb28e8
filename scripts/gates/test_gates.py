#!/usr/bin/env python3
"""Every gate must find what it is there for: each is run on a small bad tree, and on a good one."""

import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import check_layers  # noqa: E402
import check_sizes  # noqa: E402
import check_tree  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
LAYERS = """# a comment
base:
images: base
fhe/secret: base
plan/weights: base
runtime/exec: base
apps/worker: base runtime/exec
"""


class Tree:
    """A git work tree in a temporary folder."""

    def __init__(self, files):
        self.folder = tempfile.TemporaryDirectory()
        self.root = self.folder.name
        subprocess.run(["git", "init", "-q", self.root], check=True)
        for path, text in {"layers.txt": LAYERS, check_sizes.EXCEPTIONS: "", **files}.items():
            full = os.path.join(self.root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "wb") as file:
                file.write(text if isinstance(text, bytes) else text.encode())


class GateTest(unittest.TestCase):
    def findings(self, gate, files):
        tree = Tree(files)
        self.addCleanup(tree.folder.cleanup)
        return gate.check(tree.root)

    def assert_finds(self, gate, files, *parts):
        """Exactly one finding, which holds all `parts`."""
        found = self.findings(gate, files)
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])


class LayersTest(GateTest):
    def test_good_tree(self):
        text = '#include "base/a.hpp"\n#include <vector>\n// throw away\nconst char* s = "throw";\n'
        self.assertEqual(self.findings(check_layers, {"src/base/a.hpp": "\n", "src/images/b.cpp": text}), [])

    def test_edge_that_is_not_listed(self):
        files = {"src/base/a.cpp": '\n#include "images/b.hpp"\n'}
        self.assert_finds(check_layers, files, "src/base/a.cpp:2", "does not let base include images")

    def test_edge_in_angle_brackets(self):
        self.assert_finds(check_layers, {"src/base/a.cpp": "#include <images/b.hpp>\n"}, "include images")

    def test_spaces_before_include(self):
        self.assert_finds(check_layers, {"src/base/a.cpp": '  #  include "images/b.hpp"\n'}, "include images")

    def test_header_without_a_room(self):
        self.assert_finds(check_layers, {"src/base/a.cpp": '#include "b.hpp"\n'}, "in no room")
        self.assert_finds(check_layers, {"src/base/a.cpp": '#include "fhe/new/b.hpp"\n'}, "in no room")

    def test_file_without_a_room(self):
        self.assert_finds(check_layers, {"src/odd/a.cpp": "\n"}, "in no room of layers.txt")

    def test_benchmarks_are_in_rooms_too(self):
        self.assert_finds(check_layers, {"bench/odd/a.cpp": "\n"}, "in no room of layers.txt")
        files = {"layers.txt": LAYERS + "bench/operations: base\n", "bench/operations/a.cpp": '#include "images/b.hpp"\n'}
        self.assert_finds(check_layers, files, "does not let bench/operations include images")

    def test_include_that_is_commented_out(self):
        self.assertEqual(self.findings(check_layers, {"src/base/a.cpp": '// #include "images/b.hpp"\n'}), [])

    def test_room_that_lists_a_lower_one(self):
        files = {"layers.txt": "base: images\nimages:\n"}
        self.assert_finds(check_layers, files, "layers.txt:1", "not a room above it")

    def test_room_that_stands_twice(self):
        self.assert_finds(check_layers, {"layers.txt": "base:\nbase:\n"}, "twice")

    def test_invariants_hold_on_the_transitive_closure(self):
        chains = [
            ("apps/worker", "fhe/secret"), ("apps/worker", "plan/weights"), ("compiler/pack", "fhe/ring"),
            ("compiler/pack", "fhe/ckks"), ("compiler/pack", "fhe/secret"), ("runtime/exec", "artifact"),
            ("runtime/exec", "deploy/net"), ("runtime/exec", "images"), ("deploy/client", "deploy/net"),
            ("deploy/client", "runtime/exec"), ("deploy/client", "fhe/boot"),
        ]
        for room, forbidden in chains:
            layers = f"{forbidden}:\nbetween: {forbidden}\n{room}: between\n"
            self.assert_finds(check_layers, {"layers.txt": layers}, f"{room} reaches {forbidden}")

    def test_intrinsics_outside_kernels(self):
        for header in ("immintrin.h", "x86intrin.h", "arm_neon.h"):
            self.assert_finds(check_layers, {"src/base/a.cpp": f"#include <{header}>\n"}, "intrinsics")

    def test_json_in_a_header(self):
        self.assert_finds(check_layers, {"src/base/a.hpp": "#include <nlohmann/json.hpp>\n"}, "json")
        self.assertEqual(self.findings(check_layers, {"src/base/a.cpp": "#include <nlohmann/json.hpp>\n"}), [])

    def test_files_in_the_executor(self):
        self.assert_finds(check_layers, {"src/runtime/exec/a.cpp": "#include <fstream>\n"}, "no files")

    def test_throw(self):
        self.assert_finds(check_layers, {"src/base/a.cpp": "void f() {\n  throw 1;\n}\n"}, "src/base/a.cpp:2", "throw")

    def test_throw_after_a_digit_separator(self):
        self.assert_finds(check_layers, {"src/base/a.cpp": "int k = 1'000; void f() { throw 'a'; }\n"}, "throw")


def function_of(lines, head="void f()"):
    return head + " {\n" + "  g();\n" * (lines - 2) + "}\n"


class SizesTest(GateTest):
    def test_good_tree(self):
        self.assertEqual(self.findings(check_sizes, {"src/base/a.cpp": function_of(70) * 8}), [])

    def test_long_file(self):
        self.assertEqual(self.findings(check_sizes, {"src/base/a.cpp": "\n" * 600}), [])
        self.assert_finds(check_sizes, {"src/base/a.cpp": "\n" * 601}, "601 lines")
        self.assert_finds(check_sizes, {"scripts/a": "\n" * 601}, "601 lines")

    def test_long_function(self):
        heads = [
            "void f()", "template <class T>\nT f(std::span<const T> x)", "TEST(Room, Case)", "auto S::f() const -> Result<int>",
            "S::S(int a) : a_(a), b_{a}", "S::S(int a) : T{a}", "bool operator==(const S& a, const S& b)",
            "static constexpr auto f = [](int x)", "void f(const char* x = \"{\")", "int f(int a = {})",
            "S::~S() noexcept", "[[nodiscard]] std::vector<int> f() const&",
        ]
        for head in heads:
            self.assert_finds(check_sizes, {"src/base/a.cpp": function_of(71, head)}, "71 lines")

    def test_long_member_function(self):
        text = "namespace a::b {\nclass C final : public D {\n public:\n" + function_of(71) + "};\n}\n"
        self.assert_finds(check_sizes, {"src/base/a.hpp": text}, "src/base/a.hpp:4", "71 lines")

    def test_long_type_or_table_is_no_function(self):
        text = "struct S {\n" + "  int f(int x);\n" * 100 + "};\nconst int t[] = {\n" + "  g(1),\n" * 100 + "};\n"
        self.assertEqual(self.findings(check_sizes, {"src/base/a.cpp": text}), [])

    def test_python_function(self):
        text = "def f():\n" + "    g()\n" * 70
        self.assert_finds(check_sizes, {"scripts/a.py": text}, "f has 71 lines")

    def test_exceptions(self):
        listed = {check_sizes.EXCEPTIONS: "file src/base/a.cpp\n", "src/base/a.cpp": "\n" * 601}
        self.assertEqual(self.findings(check_sizes, listed), [])
        listed = {check_sizes.EXCEPTIONS: "function src/base/a.cpp f\n", "src/base/a.cpp": function_of(71)}
        self.assertEqual(self.findings(check_sizes, listed), [])
        self.assert_finds(check_sizes, {check_sizes.EXCEPTIONS: "file src/base/a.cpp\n"}, "no longer needed")


class TreeTest(GateTest):
    def test_good_tree(self):
        self.assertEqual(self.findings(check_tree, {"docs/a.md": "see ../shared/data and src/fhe/work/x\n"}), [])

    def test_big_file(self):
        self.assert_finds(check_tree, {"models/a.onnx": b"\0" * (2 * 1024 * 1024 + 1)}, "bytes")

    def test_third_party_names(self):
        for name in ("data/t10k-images.gz", "data/train-labels-idx1-ubyte", "data/cifar10.tar", "lib/a.so", "build/x"):
            self.assert_finds(check_tree, {name: "x\n"}, "third-party data or build output")

    def test_machine_paths(self):
        for path in ("/wo" + "rk/main", "/fa" + "rm/x", "/home/" + "me/x"):
            self.assert_finds(check_tree, {"docs/a.md": f"in `{path}`\n"}, "docs/a.md:1", "one machine")

    def test_registry(self):
        self.assert_finds(check_tree, {"docs/a.md": "http://deb" + ".debian.org/debian\n"}, "registry")

    def test_unfinished(self):
        self.assert_finds(check_tree, {"src/base/a.cpp": "// TO" + "DO: later\n"}, "unfinished")


class FormatTest(unittest.TestCase):
    def run_gate(self, text):
        tree = Tree({".clang-format": "BasedOnStyle: Google\n", "src/base/a.cpp": text})
        self.addCleanup(tree.folder.cleanup)
        command = [os.path.join(HERE, "check_format.sh"), tree.root]
        return subprocess.run(command, capture_output=True, text=True)

    def test_good(self):
        self.assertEqual(self.run_gate("int f();\n").returncode, 0)

    def test_bad(self):
        result = self.run_gate("int   f( );\n")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("src/base/a.cpp", result.stdout)

    def test_no_files_is_a_failure(self):
        tree = Tree({})
        self.addCleanup(tree.folder.cleanup)
        command = [os.path.join(HERE, "check_format.sh"), tree.root]
        self.assertNotEqual(subprocess.run(command, capture_output=True).returncode, 0)


class ProgramTest(unittest.TestCase):
    def test_a_finding_is_an_exit_status(self):
        for gate, bad in (("check_layers.py", {"src/odd/a.cpp": ""}), ("check_sizes.py", {"src/base/a.cpp": "\n" * 601}),
                          ("check_tree.py", {"a.so": ""})):
            for files, expected in (({}, 0), (bad, 1)):
                tree = Tree(files)
                command = [sys.executable, os.path.join(HERE, gate), tree.root]
                self.assertEqual(subprocess.run(command, capture_output=True).returncode, expected, gate)
                tree.folder.cleanup()


if __name__ == "__main__":
    unittest.main()
