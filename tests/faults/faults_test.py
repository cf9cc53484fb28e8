#!/usr/bin/env python3
"""Every command while one allocation fails, one operation on files, or the disk is full from some moment on; and while it is
interrupted or killed.

Whatever fails, a command ends in success or with one sentence and a documented exit code; its outputs are there whole or
not at all, together where they belong together, and no temporary file stays. The first 100 and the last 100 of each kind are
tried; with OBSCURA_LONG_TESTS=1 the first 2,000, the last 100, and 2,000 drawn from all others. Of each way (three callers) by
which a command comes to allocate the first is tried too, in the short form of 100 that are drawn. SIGINT and SIGKILL come at 20
moments each, in the long form at 500, and before every operation on files: whatever has a name then is whole.
"""

import argparse
import collections
import concurrent.futures
import errno
import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

from tiny_network import write_images, write_network

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
MESSAGE = re.compile(r"\Aobscura(?:-worker)?: \S[^\n]*\n(?:  hint: \S[^\n]*\n)?\Z")
KINDS = {"new": 0, "file": errno.EIO, "space": errno.ENOSPC, "read-only": errno.EROFS}
INTERRUPTS = (signal.SIGINT, signal.SIGKILL)
SEED = 20261127
TIMEOUT_S = 120


def documented_codes():
    table = (CHECKOUT / "docs" / "guide" / "errors.md").read_text()
    return {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} - {1}


def is_whole(path):
    """By its header, and the digest over header and section table."""
    data = path.read_bytes()
    if len(data) < 128 or data[:8] != b"OBSCURA\0":
        return False
    (flags,) = struct.unpack_from("<I", data, 12)
    total, = struct.unpack_from("<Q", data, 16)
    table_bytes, = struct.unpack_from("<Q", data, 56)
    table = 128 + (128 if flags & 2 else 0)
    return total == len(data) and hashlib.sha256(data[:96] + data[table:table + table_bytes]).digest() == data[96:128]


class Command:
    """One command: what it is called with, and the files it makes, which stand together."""

    def __init__(self, name, program, words, outputs, changes=()):
        self.name, self.program, self.words, self.outputs, self.changes = name, program, words, outputs, changes


class Bench:
    """A tiny network with all that is made of it, and the commands that make it."""

    def __init__(self, programs, preload, root):
        self.programs, self.preload, self.root = programs, preload, root
        self.ways = root / "ways"  # the first allocations of each way, of the command that last ran whole
        made = root / "made"
        made.mkdir()
        write_network(made / "tiny.onnx")
        image = write_images(made / "images")
        keys = made / "keys"
        self.commands = [
            Command("identity", "obscura", ["identity", "new", "-o", "{out}/vendor"], ["vendor", "vendor.pub"]),
            Command("compile", "obscura", ["compile", made / "tiny.onnx", "--calibrate", made / "images", "-o", "{out}/tiny"],
                    ["tiny.plan", "tiny.spec"]),
            Command("keygen", "obscura", ["keygen", made / "tiny.spec", "--unprotected", "-o", "{out}/keys"],
                    ["keys/secret", "keys/secret.releases", "keys/public", "keys/eval"]),
            Command("seal", "obscura", ["seal", made / "tiny.plan", "--key", keys / "secret", "--sign", made / "vendor",
                                        "-o", "{out}/tiny.sealed"], ["tiny.sealed"]),
            Command("encrypt", "obscura", ["encrypt", image, "--key", keys / "public", "-o", "{out}/in.ct"], ["in.ct"]),
            Command("run", "obscura-worker", ["run", made / "tiny.sealed", made / "in.ct", "--eval-keys", keys / "eval", "--trust",
                                              made / "vendor.pub", "-o", "{out}/out.ct"], ["out.ct"]),
            Command("decrypt", "obscura", ["decrypt", made / "out.ct", "--key", keys / "secret", "--releases", "{out}/count"], [],
                    [(keys / "secret.releases", "count")]),
        ]
        for command in self.commands:
            done = self.run(command, made, {})
            if done.returncode != 0:
                raise AssertionError(f"{command.name} exited {done.returncode}: {done.stderr}")
            for source, name in command.changes:
                (made / name).unlink()

    def words_of(self, command, out):
        return [self.programs / command.program, *(str(word).replace("{out}", str(out)) for word in command.words), "--threads", "1"]

    def run(self, command, out, variables):
        for source, name in command.changes:
            shutil.copyfile(source, out / name)
        environment = {**os.environ, "TMPDIR": str(self.root), **variables}
        return subprocess.run(self.words_of(command, out), stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                              timeout=TIMEOUT_S, check=False, env=environment)

    def run_failing(self, command, out, kind, at, error=None):
        """The process, how many calls it made (None: it did not return from main), and which one failed."""
        error = KINDS.get(kind, 0) if error is None else int(error)
        count = out.with_suffix(".calls")
        variables = {"LD_PRELOAD": str(self.preload), "OBSCURA_FAIL_KIND": "space" if kind == "read-only" else kind,
                     "OBSCURA_FAIL_AT": str(at), "OBSCURA_FAIL_ERROR": str(error), "OBSCURA_FAIL_COUNT": str(count)}
        if kind == "new" and at == 0:
            variables["OBSCURA_FAIL_WAYS"] = str(self.ways)
        done = self.run(command, out, variables)
        if not count.exists():
            return done, None, "?"
        calls, failed = count.read_text().split()
        count.unlink()
        return done, int(calls), failed

    def judge(self, command, done, failed, out, codes):
        """What is wrong with how it ended, as a list of words."""
        wrong = []
        if done.returncode not in codes:
            wrong.append(f"exit {done.returncode}: {done.stderr[-200:]!r}")
        elif done.returncode != 0 and not MESSAGE.match(done.stderr):
            wrong.append(f"not one sentence: {done.stderr[-300:]!r}")
        wrong += self.judge_files(command, out, done.returncode, tolerate_temporary=failed == "unlink")
        return wrong

    def judge_files(self, command, out, code, tolerate_temporary):
        present = [name for name in command.outputs if (out / name).exists()]
        wrong = [f"{name} is not whole" for name in present if not is_whole(out / name)]
        if code == 0 and present != command.outputs:
            wrong.append(f"success without {set(command.outputs) - set(present)}")
        if present and present != command.outputs:
            wrong.append(f"of what belongs together only {present}")
        wrong += [f"{name} is not whole" for _, name in command.changes if not is_whole(out / name)]
        if not tolerate_temporary:
            wrong += [f"{path.name} is left" for path in out.rglob("*.tmp")]
        return wrong


def places(count, command, kind, ways=()):
    """Which calls are to fail, of `count`; `ways` are those to which another way leads than to any before."""
    draw = random.Random(f"{SEED} {command} {kind}")
    if not os.environ.get("OBSCURA_LONG_TESTS"):
        return sorted({*range(1, min(count, 100) + 1), *range(max(1, count - 99), count + 1), *draw.sample(ways, min(len(ways), 100))})
    rest = range(2001, count + 1)
    return sorted({*range(1, min(count, 2000) + 1), *draw.sample(rest, min(len(rest), 2000)), *rest[-100:], *ways})


def try_kind(bench, command, kind, codes):
    """(how many were tried, what went wrong)."""
    def attempt(at):
        out = pathlib.Path(tempfile.mkdtemp(prefix=f"{command.name}-", dir=bench.root))
        try:
            done, calls, failed = bench.run_failing(command, out, kind, at)
            wrong = bench.judge(command, done, failed, out, codes)
            return calls, done.returncode, [f"{command.name}, {kind} {at} ({failed}): {text}" for text in wrong]
        finally:
            shutil.rmtree(out)

    calls, code, wrong = attempt(0)
    if code != 0 or wrong:
        return 0, [f"{command.name} by itself: {code} {wrong}"], {}
    ways = [int(line) for line in bench.ways.read_text().split()] if kind == "new" else []
    chosen = places(calls, command.name, kind, ways)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        results = list(pool.map(attempt, chosen))
    ends = collections.Counter(code for _, code, _ in results)
    return calls, [text for _, _, texts in results for text in texts], ends


def try_without_nameless_files(bench, command):
    """On a file system on which every file has a name from the start, as NFS: what is wrong."""
    out = pathlib.Path(tempfile.mkdtemp(prefix=f"{command.name}-", dir=bench.root))
    done, calls, _ = bench.run_failing(command, out, "nameless", 0)
    wrong = bench.judge_files(command, out, done.returncode, tolerate_temporary=False)
    if done.returncode != 0:
        wrong.append(f"exit {done.returncode}: {done.stderr[-300:]!r}")
    if not calls:
        wrong.append("no file without a name was asked for")
    shutil.rmtree(out)
    return [f"{command.name}, nameless: {text}" for text in wrong]


def moments():
    return 500 if os.environ.get("OBSCURA_LONG_TESTS") else 20


def what_is_left(command, out):
    """What is wrong with the files that an ended command left. A file that replaces another has a name of its own for a moment,
    in which the command may end."""
    names = [*command.outputs, *(name for _, name in command.changes)]
    wrong = [f"{name} is not whole" for name in names if (out / name).exists() and not is_whole(out / name)]
    replaced = [name for _, name in command.changes]
    for path in out.rglob("*.tmp"):
        if not is_whole(path) or not path.name.startswith(tuple(replaced)):
            wrong.append(f"{path.name} is left")
    return wrong


def try_signals(bench, command, number):
    """The signal before each operation on files: (how many there were, what went wrong)."""
    def attempt(at):
        out = pathlib.Path(tempfile.mkdtemp(prefix=f"{command.name}-", dir=bench.root))
        try:
            done, calls, _ = bench.run_failing(command, out, "signal", at, number)
            texts = what_is_left(command, out)
            if done.returncode != (-number if at else 0):
                texts.append(f"exit {done.returncode}")
            return calls, [f"{command.name}, {number.name} before operation {at}: {text}" for text in texts]
        finally:
            shutil.rmtree(out)

    calls, wrong = attempt(0)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for _, texts in pool.map(attempt, places(calls, command.name, number.name)):
            wrong += texts
    return calls, wrong


def try_interrupts(bench, command, number):
    """The signal at moments from the start of the command to its end: (how often it ended the command, what went wrong)."""
    out = pathlib.Path(tempfile.mkdtemp(prefix=f"{command.name}-", dir=bench.root))
    began = time.monotonic()
    bench.run(command, out, {})
    whole = time.monotonic() - began
    shutil.rmtree(out)
    ended, wrong = 0, []
    for i in range(moments()):
        out = pathlib.Path(tempfile.mkdtemp(prefix=f"{command.name}-", dir=bench.root))
        for source, name in command.changes:
            shutil.copyfile(source, out / name)
        process = subprocess.Popen(bench.words_of(command, out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(whole * (i + 0.5) / moments())
        process.send_signal(number)
        code = process.wait(TIMEOUT_S)
        ended += code == -number
        texts = what_is_left(command, out) + ([] if code in (0, -number) else [f"exit {code}"])
        wrong += [f"{command.name}, {number.name} at {i}/{moments()}: {text}" for text in texts]
        shutil.rmtree(out)
    if ended == 0:
        wrong.append(f"{command.name}, {number.name}: it was over each time")
    return ended, wrong


def folder_in_memory():
    """Thousands of commands that sync what they write: on a disk that would be most of the time. None where there is no room."""
    shared = pathlib.Path("/dev/shm")
    has_room = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free >= 32 << 20
    return shared if has_room and "TMPDIR" not in os.environ else None


def write_xml(path, cases):
    root = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(root, "testsuite")
    for name, wrong in cases.items():
        entry = ElementTree.SubElement(suite, "testcase", classname="faults", name=name, status="run", result="completed")
        if wrong:
            ElementTree.SubElement(entry, "failure")
    ElementTree.ElementTree(root).write(path)


def main():
    # Commands begin with what a terminal gives them, also where this runs in the background of a script.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=pathlib.Path, help="folder of the programs")
    parser.add_argument("--preload", required=True, type=pathlib.Path, help="the library that lets calls fail")
    parser.add_argument("--only", nargs="*", help="these commands")
    arguments = parser.parse_args()
    codes = documented_codes()
    cases, failed, signalled = {}, 0, 0
    with tempfile.TemporaryDirectory(prefix="obscura-faults-", dir=folder_in_memory()) as folder:
        bench = Bench(arguments.bin.resolve(), arguments.preload.resolve(), pathlib.Path(folder))
        for command in bench.commands:
            if arguments.only and command.name not in arguments.only:
                continue
            for kind in KINDS:
                calls, wrong, ends = try_kind(bench, command, kind, codes)
                cases[f"{command.name} {kind}"] = wrong
                failed += sum(ends.values())
                print(f"{command.name}, {kind}: {calls} calls, {sum(ends.values())} of them failed; exit codes {dict(sorted(ends.items()))}; "
                      f"{len(wrong)} wrong", flush=True)
                for text in wrong[:20]:
                    print(f"  {text}")
            cases[f"{command.name} nameless"] = try_without_nameless_files(bench, command)
            for number in INTERRUPTS:
                calls, wrong = try_signals(bench, command, number)
                ended, more = try_interrupts(bench, command, number)
                cases[f"{command.name} {number.name}"] = wrong + more
                signalled += calls + moments()
                print(f"{command.name}, {number.name}: before each of {calls} operations on files, and at {moments()} moments, of which "
                      f"{ended} ended it", flush=True)
            for case in ("nameless", *(number.name for number in INTERRUPTS)):
                for text in cases[f"{command.name} {case}"][:20]:
                    print(f"  {text}")
    print(f"in all {failed} runs with a failed call and {signalled} with a signal, {sum(map(len, cases.values()))} wrong")
    output = os.environ.get("GTEST_OUTPUT", "")
    if output.startswith("xml:"):
        write_xml(pathlib.Path(output[4:]) / "faults.xml", cases)
    sys.exit(1 if any(cases.values()) else 0)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main()
