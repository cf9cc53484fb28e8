#!/usr/bin/env python3
"""The Debian packages: what cpack makes of a build, unpacked without installing anything."""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
PROJECT_VERSION = re.compile(r"^project\(obscura VERSION ([\d.]+)", re.MULTILINE)
TOOLS = ("cpack", "dpkg-deb", "dpkg-shlibdeps", "file")


def run(*words):
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
                          check=False)
    if done.returncode != 0:
        raise AssertionError(f"{words} exited {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def fields(control):
    """The one-line fields of `dpkg-deb -I PACKAGE control`."""
    return dict(line.split(": ", 1) for line in control.splitlines() if re.match(r"[\w-]+: ", line))


def files(listing):
    """The files in `dpkg-deb -c`, below /, and that all belong to root."""
    entries = [line.split(None, 5) for line in listing.splitlines()]
    assert all(entry[1] == "root/root" for entry in entries), listing
    return {entry[5][2:] for entry in entries if not entry[5].endswith("/")}


@unittest.skipUnless(all(map(shutil.which, TOOLS)) or os.environ.get("CI") == "true", "Debian's tools are not here")
class PackageTest(unittest.TestCase):
    """Both packages are made and unpacked once for all tests."""

    options = None

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="obscura-deb-")
        cls.addClassCleanup(temporary.cleanup)
        cls.root = pathlib.Path(temporary.name)
        run("cpack", "--config", f"{cls.options.build}/CPackConfig.cmake", "-B", cls.root / "made")
        cls.packages = {path.name.split("_")[0]: path for path in (cls.root / "made").glob("*.deb")}
        for name, path in cls.packages.items():
            run("dpkg-deb", "-x", path, cls.root / name)
        cls.version = PROJECT_VERSION.search((CHECKOUT / "CMakeLists.txt").read_text()).group(1)

    def control(self, name):
        return fields(run("dpkg-deb", "-I", self.packages[name], "control"))

    def content(self, name):
        return files(run("dpkg-deb", "-c", self.packages[name]))

    def test_two_packages_of_this_version(self):
        self.assertEqual(set(self.packages), {"obscura", "libobscura-dev"})
        for name in self.packages:
            control = self.control(name)
            self.assertEqual((control["Package"], control["Version"]), (name, self.version))
            self.assertTrue(control["Maintainer"] and control["Description"])

    def test_the_programs_and_what_an_operator_needs_and_nothing_else(self):
        examples = {f"usr/share/doc/obscura/examples/{path.relative_to(CHECKOUT / 'packaging')}"
                    for folder in ("nats", "kubernetes") for path in (CHECKOUT / "packaging" / folder).iterdir()}
        units = {f"usr/lib/systemd/system/{path.name}" for path in (CHECKOUT / "packaging" / "systemd").iterdir()}
        self.assertEqual(self.content("obscura"),
                         {"usr/bin/obscura", "usr/bin/obscura-admin", "usr/bin/obscura-worker",
                          "usr/share/doc/obscura/copyright", "usr/share/doc/obscura/operate.md",
                          "usr/share/doc/obscura/sbom.cdx.json"} | examples | units)

    def test_its_scripts_are_sound_and_make_the_users_of_the_units(self):
        run("dpkg-deb", "-e", self.packages["obscura"], self.root / "control")
        users = re.findall(r"^User=(.*)$", "".join(path.read_text() for path in (CHECKOUT / "packaging" / "systemd").iterdir()),
                           re.MULTILINE)
        for script in ("postinst", "prerm"):
            self.assertTrue(os.access(self.root / "control" / script, os.X_OK))
            run("sh", "-n", self.root / "control" / script)
        made = re.search(r"for name in (.*); do", (self.root / "control" / "postinst").read_text()).group(1).split()
        self.assertEqual({f"obscura-{name}" for name in made}, set(users))
        self.assertIn("adduser", self.control("obscura")["Depends"])

    def test_the_programs_depend_on_the_libraries_they_link(self):
        depends = self.control("obscura")["Depends"]
        for package in ("libc6", "libstdc++6", "libssl3", "libsodium23", "libonnx1"):
            self.assertRegex(depends, rf"(^|, ){re.escape(package)}\S* \(>= ")

    def test_the_bill_of_materials_names_the_packages_it_depends_on(self):
        bill = json.loads((self.root / "obscura" / "usr/share/doc/obscura/sbom.cdx.json").read_text())
        named = {part["name"] for part in bill["components"]}
        depends = {entry.split(" ")[0] for entry in self.control("obscura")["Depends"].split(", ")}
        # Some are names that another package provides.
        listed = run("dpkg-query", "-W", "-f", "${Package} ${Provides}\\n", *sorted(named - {"obscura"}))
        provided = {name for line in listed.splitlines() for name in re.sub(r"\\([^)]*\\)|,", " ", line).split()}
        self.assertLessEqual(depends - {"adduser"}, provided)

    def test_the_programs_run(self):
        for name in ("obscura", "obscura-admin", "obscura-worker"):
            self.assertEqual(run(self.root / "obscura" / "usr" / "bin" / name, "--version"), f"{name} {self.version}\n")

    def test_what_is_installed_is_what_is_packaged(self):
        prefix = self.root / "prefix"
        run("cmake", "--install", self.options.build, "--prefix", prefix, "--component", "development")
        installed = {f"usr/{path.relative_to(prefix)}" for path in prefix.rglob("*") if path.is_file()}
        self.assertEqual(self.content("libobscura-dev"), installed)
        for needed in ("usr/include/obscura/deploy/client/request_writer.hpp", "usr/lib/obscura/libobscura_base.a",
                       "usr/lib/cmake/Obscura/ObscuraConfig.cmake",
                       "usr/share/doc/libobscura-dev/examples/embed/classify.cpp"):
            self.assertIn(needed, installed)

    def test_the_packaged_example_finds_the_packaged_library(self):
        package = self.root / "libobscura-dev" / "usr"
        run("cmake", "-S", package / "share/doc/libobscura-dev/examples/embed", "-B", self.root / "example", "-G", "Ninja",
            f"-DCMAKE_PREFIX_PATH={package}", f"-DCMAKE_CXX_COMPILER={self.options.cxx}")
        cache = (self.root / "example" / "CMakeCache.txt").read_text()
        self.assertIn(f"Obscura_DIR:PATH={package}/lib/cmake/Obscura", cache)

    def test_the_development_package_depends_on_what_its_libraries_need(self):
        # Debian's names of what ObscuraConfig.cmake looks for.
        names = {"Threads": None, "tl-expected": "libexpected-dev", "fmt": "libfmt-dev", "OpenSSL": "libssl-dev",
                 "TBB": "libtbb-dev", "PNG": "libpng-dev", "JPEG": "libjpeg-dev", "ZLIB": "zlib1g-dev",
                 "PkgConfig": "pkg-config", "libsodium": "libsodium-dev"}
        config = (CHECKOUT / "cmake" / "ObscuraConfig.cmake.in").read_text()
        looked_for = re.findall(r"find_dependency\((\S+)\)|IMPORTED_TARGET (\S+)\)", config)
        expected = {names["".join(found)] for found in looked_for} - {None}
        self.assertEqual(set(self.control("libobscura-dev")["Depends"].split(", ")), expected)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="the build folder, all of it built")
    parser.add_argument("--cxx", required=True, help="the compiler that built it")
    PackageTest.options, words = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *words], verbosity=2)


if __name__ == "__main__":
    main()
