#!/usr/bin/env python3
"""Runs every command of the guide exactly as it stands: the lines of ```sh run blocks, in order, from the checkout."""

import argparse
import fcntl
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
        done = subprocess.run(["bash", "-c", line], env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=300, check=False)
        if done.returncode != 0:
            sys.exit(f"{page}: `{line}` exited {done.returncode}\n{done.stdout}{done.stderr}")
    return len(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="folder of the programs")
    parser.add_argument("--scratch", required=True, help="folder the pages write to; emptied first, removed afterwards")
    parser.add_argument("pages", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    environment = dict(os.environ, PATH=f"{arguments.bin}:{os.environ['PATH']}")
    # The pages name the folder, so two builds that are tested at once take turns.
    with open(f"{arguments.scratch}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(arguments.scratch, ignore_errors=True)
        os.makedirs(arguments.scratch)
        counts = {page: run_page(page, environment) for page in arguments.pages}
        shutil.rmtree(arguments.scratch)
    for page, count in counts.items():
        print(f"{page}: {count} commands")
    if not any(counts.values()):
        sys.exit("no page holds a command")


if __name__ == "__main__":
    main()
