"""A folder with one of everything: made by the programs under test themselves, each piece when it is first asked for."""

import functools
import os
import pathlib
import subprocess
from typing import NamedTuple

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
MODEL = CHECKOUT / "models" / "mnist_cryptonets" / "model.onnx"
DIGITS = CHECKOUT / "models" / "digits"
IMAGE = DIGITS / "3_pen_02.png"


class Answer(NamedTuple):
    """What a process left: its exit code (negative: the signal that ended it) and what it printed."""

    code: int
    out: str
    err: str


class Workshop:
    """The programs of `programs` (a folder) and the artefacts below `root` (an empty folder)."""

    def __init__(self, programs, root):
        self.programs = pathlib.Path(programs)
        self.root = pathlib.Path(root)
        (self.root / "tmp").mkdir()

    def environment(self):
        """Of every program: temporary files and what is kept between runs lie below the root."""
        below = {"TMPDIR": "tmp", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cached"}
        return {**os.environ, **{name: str(self.root / folder) for name, folder in below.items()}}

    def run(self, program, *words):
        """Runs a program by name, without a terminal."""
        done = subprocess.run([self.programs / program, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False,
                              env=self.environment())
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace"))

    def make(self, *words):
        """Runs `obscura`, which must succeed."""
        answer = self.run("obscura", *words)
        if answer.code != 0:
            raise AssertionError(f"obscura {' '.join(map(str, words))} exited {answer.code}: {answer.err}")

    def listing(self):
        """Every file and folder with what would show that it was touched."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            status = path.lstat()
            found[path] = None if path.is_dir() else (status.st_ino, status.st_size, status.st_mtime_ns)
        return found

    def _identity(self, name):
        self.make("identity", "new", "-o", self.root / name)
        return self.root / name

    def _plan(self, name, *options):
        self.make("compile", MODEL, "--calibrate", DIGITS, *options, "-o", self.root / name)
        return self.root / f"{name}.plan"

    def _keys(self, plan, name, *options):
        self.make("keygen", plan.with_suffix(".spec"), *(options or ["--unprotected"]), "-o", self.root / name)
        return self.root / name

    def _request(self, keys, name):
        self.make("encrypt", IMAGE, "--key", keys / "public", "-o", self.root / name)
        return self.root / name

    def _sealed(self, identity, name):
        self.make("seal", self.plan, "--key", self.keys / "secret", "--sign", identity, "-o", self.root / name)
        return self.root / name

    # One model owner, one plan, one set of keys, and what comes of them.
    vendor = functools.cached_property(lambda self: self._identity("vendor"))
    vendor_pub = functools.cached_property(lambda self: self.vendor.with_suffix(".pub"))
    plan = functools.cached_property(lambda self: self._plan("digits"))
    spec = functools.cached_property(lambda self: self.plan.with_suffix(".spec"))
    keys = functools.cached_property(lambda self: self._keys(self.plan, "keys"))
    secret = functools.cached_property(lambda self: self.keys / "secret")
    releases = functools.cached_property(lambda self: self.keys / "secret.releases")
    public = functools.cached_property(lambda self: self.keys / "public")
    evaluation = functools.cached_property(lambda self: self.keys / "eval")
    sealed = functools.cached_property(lambda self: self._sealed(self.vendor, "digits.sealed"))
    request = functools.cached_property(lambda self: self._request(self.keys, "three.ct"))

    @functools.cached_property
    def result(self):
        path = self.root / "answer.ct"
        self.make("run", self.sealed, self.request, *self.worker_keys(), "-o", path)
        return path

    # Others: another signer, another key pair of the same plan, another plan, another parameter set.
    stranger = functools.cached_property(lambda self: self._identity("stranger"))
    stranger_pub = functools.cached_property(lambda self: self.stranger.with_suffix(".pub"))
    stranger_sealed = functools.cached_property(lambda self: self._sealed(self.stranger, "stranger.sealed"))
    other_keys = functools.cached_property(lambda self: self._keys(self.plan, "other_keys"))
    other_request = functools.cached_property(lambda self: self._request(self.other_keys, "other.ct"))
    near_plan = functools.cached_property(lambda self: self._plan("near", "--calibration-inputs", "8"))
    near_keys = functools.cached_property(lambda self: self._keys(self.near_plan, "near_keys"))
    near_request = functools.cached_property(lambda self: self._request(self.near_keys, "near.ct"))
    public_plan = functools.cached_property(lambda self: self._plan("open", "--seal-with", "public"))
    public_keys = functools.cached_property(lambda self: self._keys(self.public_plan, "open_keys"))
    wide_plan = functools.cached_property(lambda self: self._plan("wide", "--security", "192"))
    wide_keys = functools.cached_property(lambda self: self._keys(self.wide_plan, "wide_keys"))
    wide_request = functools.cached_property(lambda self: self._request(self.wide_keys, "wide.ct"))

    # Four images in one request.
    four_plan = functools.cached_property(lambda self: self._plan("four", "--images", "4"))
    four_keys = functools.cached_property(lambda self: self._keys(self.four_plan, "four_keys"))

    @functools.cached_property
    def four_sealed(self):
        path = self.root / "four.sealed"
        self.make("seal", self.four_plan, "--key", self.four_keys / "secret", "--sign", self.vendor, "-o", path)
        return path

    def worker_keys(self, evaluation=None, trust=None):
        """The two options without which no model runs."""
        return ["--eval-keys", evaluation or self.evaluation, "--trust", trust or self.vendor_pub]
