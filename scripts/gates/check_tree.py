#!/usr/bin/env python3
"""No big file, no third-party data, no path of somebody's machine, nothing unfinished in the tree."""

import os
import re

import sources

MAX_BYTES = 2 * 1024 * 1024
DATA_NAME = re.compile(r"ubyte|t10k|cifar[^/]*\.(bin|gz|tar|npy|png|jpe?g)$|\.(so|a|o|pyc)$|^build/", re.I)
CODE = ("src/", "apps/", "tests/", "bench/", "examples/", "fuzz/", "cmake/", "scripts/", "train/")

# Spelt in pieces so that this file does not find itself.
MACHINE_PATH = re.compile("(?<![A-Za-z0-9_.~$}*])/(?:wo" + "rk|fa" + r"rm|home/\w+|Users/\w+)/")
REGISTRY = re.compile("deb" + r"\.debian\.org|registry" + r"\.npmjs|pypi" + r"\.org")
UNFINISHED = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|XX" + r"X)\b")


def check_text(path, text):
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE_PATH.search(line):
            problems.append(f"{path}:{number}: a path of one machine")
        if REGISTRY.search(line):
            problems.append(f"{path}:{number}: a package registry's address")
        if path.startswith(CODE) and UNFINISHED.search(line):
            problems.append(f"{path}:{number}: unfinished")
    return problems


def check(root):
    problems = []
    for path in sources.project_files(root):
        size = os.path.getsize(os.path.join(root, path))
        if size > MAX_BYTES:
            problems.append(f"{path}: {size} bytes, {MAX_BYTES} are allowed")
        if DATA_NAME.search(path):
            problems.append(f"{path}: looks like third-party data or build output")
        with open(os.path.join(root, path), "rb") as file:
            data = file.read(MAX_BYTES)
        if b"\0" not in data:
            problems += check_text(path, data.decode("utf-8", "replace"))
    return problems


if __name__ == "__main__":
    sources.main(check, __doc__)
