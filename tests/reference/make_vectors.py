#!/usr/bin/env python3
"""Writes the known answers of vectors/, or compares them with what is there.

usage: make_vectors.py [--check] [--only KIND]

KIND is a file of vectors/ without its ending. --check writes nothing and fails where a file would change.
"""

import json
import os
import sys

sys.dont_write_bytecode = True

from cases import arithmetic, bootstrap, circuits, encoding, encryption, files, key_switching, operations, polynomials, sampling, transforms  # noqa: E402
from cases.setting import RINGS  # noqa: E402

KINDS = {
    "arithmetic": arithmetic,
    "transforms": transforms,
    "sampling": sampling,
    "encoding": encoding,
    "encryption": encryption,
    "operations": operations,
    "key_switching": key_switching,
    "circuits": circuits,
    "polynomials": polynomials,
    "bootstrap": bootstrap,
    "files": files,
}
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vectors")


def text_of(module):
    """One vector a line, so that a change shows as the lines it touches."""
    rings = {name: {"log_n": log_n, "q": q, "p": p} for name, (log_n, q, p) in getattr(module, "RINGS", RINGS).items()}
    lines = ",\n".join(json.dumps(case) for case in module.cases())
    return '{"rings": ' + json.dumps(rings) + ',\n"cases": [\n' + lines + "\n]}\n"


def differs(path, text):
    if not os.path.exists(path):
        return True
    with open(path, encoding="utf-8") as file:
        return file.read() != text


def main(arguments):
    check = "--check" in arguments
    only = arguments[arguments.index("--only") + 1:] if "--only" in arguments else list(KINDS)
    changed = []
    for kind in only:
        text = text_of(KINDS[kind])
        path = os.path.join(FOLDER, kind + ".json")
        if differs(path, text):
            changed.append(kind)
            if not check:
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
        count = text.count('"op": ')
        print(f"{kind}: {count} vectors{', changed' if kind in changed else ''}")
    if check and changed:
        print(f"vectors/ is not what make_vectors.py writes: {', '.join(changed)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
