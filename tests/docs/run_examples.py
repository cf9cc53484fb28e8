#!/usr/bin/env python3
"""Runs every command of the guide exactly as it stands: the lines of ```sh run blocks, in order, from the checkout."""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

BLOCK = re.compile(r"^```sh run\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(page: pathlib.Path) -> list[str]:
    return [line for block in BLOCK.findall(page.read_text()) for line in block.splitlines() if line.strip()]


def run_page(page: pathlib.Path, environment: dict[str, str]) -> int:
    """Runs one page; returns how many commands it holds, or exits with what failed."""
    lines = commands(page)
    for line in lines:
        done = subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            sys.exit(f"{page}: `{line}` exited {done.returncode}\n{done.stdout}{done.stderr}")
    return len(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="folder of the programs")
    parser.add_argument("--scratch", required=True, help="folder the pages write to; emptied first")
    parser.add_argument("pages", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    environment = dict(os.environ, PATH=f"{arguments.bin}:{os.environ['PATH']}")
    shutil.rmtree(arguments.scratch, ignore_errors=True)
    os.makedirs(arguments.scratch)
    for page in arguments.pages:
        count = run_page(page, environment)
        if count == 0:
            sys.exit(f"{page}: no command found")
        print(f"{page}: {count} commands")


if __name__ == "__main__":
    main()
