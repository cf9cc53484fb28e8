#!/usr/bin/env python3
"""The worker program holds no code that decrypts and no type that holds a clear weight.

Looks twice: at the build graph (no library of a forbidden room is an input of obscura-worker, directly or through
others) and at the symbols of the unstripped program. The same two looks must find both rooms in `obscura`, so that a
renamed namespace or a stripped binary cannot make this pass by finding nothing anywhere.
"""

import argparse
import re
import subprocess
import sys

FORBIDDEN_ROOMS = ("fhe/secret", "plan/weights")


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def rooms_in_inputs(inputs):
    """The forbidden rooms whose library or object files stand in `ninja -t inputs` output."""
    found = set()
    for room in FORBIDDEN_ROOMS:
        target = "obscura_" + room.replace("/", "_")
        if re.search(rf"(^|[/\s]lib|/){target}(\.a|\.dir/|\.so)", inputs, re.M):
            found.add(room)
    return found


def rooms_in_symbols(symbols):
    """The forbidden rooms whose namespace stands in `nm -C` output."""
    return {room for room in FORBIDDEN_ROOMS if f"obscura::{room.replace('/', '::')}::" in symbols}


def check(look, worker, owner):
    """Problems of one look: what it finds in the worker, and what it fails to find in `obscura`."""
    problems = [f"{look}: obscura-worker holds {room}" for room in sorted(worker)]
    for room in sorted(set(FORBIDDEN_ROOMS) - owner):
        problems.append(f"{look}: {room} was not found in obscura either, so this check shows nothing")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True, help="the Ninja build folder")
    parser.add_argument("--worker", required=True, help="path of obscura-worker")
    parser.add_argument("--owner", required=True, help="path of obscura")
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--ninja", default="ninja")
    args = parser.parse_args()

    programs = [path.removeprefix(args.build).lstrip("/") for path in (args.worker, args.owner)]
    inputs = [rooms_in_inputs(run(args.ninja, "-C", args.build, "-t", "inputs", path)) for path in programs]
    symbols = [rooms_in_symbols(run(args.nm, "-C", path)) for path in (args.worker, args.owner)]
    problems = check("build graph", *inputs) + check("symbols", *symbols)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"obscura-worker holds none of {', '.join(FORBIDDEN_ROOMS)}; obscura holds all of them")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
