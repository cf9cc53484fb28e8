"""A site, with its workers and supervisor as real processes, for tests of the programs that meet there."""

import contextlib
import json
import shutil
import signal
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request

from command_line import CommandLineTest
from workshop import DIGITS

PATIENCE = 120  # seconds until something that must happen counts as missing
LEASE_MS = 1500
# Slow, so that a worker can be met in the middle of a task; results have the same bytes.
SLOW = ("--kernels", "portable")
TENANT = "clinic"


def wait_for(condition, what):
    """Returns the first true value of condition()."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.002)
    raise AssertionError(f"{what}: not within {PATIENCE} s")


class Process:
    """A program that runs until it is told to stop; what it says on standard error lies in a file."""

    def __init__(self, shop, log, *words):
        self.log = log
        self.out = log.with_suffix(".out")
        with open(log, "wb") as err, open(self.out, "wb") as out:
            self.process = subprocess.Popen([shop.programs / words[0], *words[1:]], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=err, env=shop.environment())

    def text(self):
        return self.log.read_text(errors="replace")

    def events(self):
        """The complete lines of a JSON log."""
        return [json.loads(line) for line in self.text().split("\n")[:-1]]

    def wait_for_event(self, name):
        def found():
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode} before {name}: {self.text()}")
            return [event for event in self.events() if event["event"] == name]
        return wait_for(found, f"{name} of {self.log}")

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        """Its exit code, after a signal unless it has ended already."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)


class Site:
    """A folder with a site in it, whom it trusts, and what was pushed."""

    def __init__(self, shop, name, settings=""):
        self.shop = shop
        self.name = name
        self.folder = shop.root / name
        self.people = shop.root / f"{name}.people"
        self.processes = []
        for folder in (self.people, *(self.folder / "trust" / role
                                      for role in ("workers", "supervisors", "owners", f"submitters/{TENANT}", "submitters/other"))):
            folder.mkdir(parents=True)
        (self.folder / "site.conf").write_text(f"lease_ms {LEASE_MS}\nsurvives_power_loss 0\n{settings}")
        for person, role in (("worker", "workers"), ("supervisor", "supervisors"), ("client", f"submitters/{TENANT}"),
                             ("stranger", "submitters/other")):
            shop.make("identity", "new", "-o", self.people / person)
            shutil.copy(self.people / f"{person}.pub", self.folder / "trust" / role)
        shutil.copy(shop.vendor_pub, self.folder / "trust" / "owners")

    def start(self, name, *words):
        number = len(self.processes)
        self.processes.append(Process(self.shop, self.shop.root / f"{self.name}.{name}{number}.log", *words))
        return self.processes[-1]

    def worker(self, *options, cache="cache"):
        return self.start("worker", "obscura-worker", "--threads", "1", "serve", "--site", self.folder, "--identity",
                          self.people / "worker", "--cache", self.shop.root / f"{self.name}.{cache}", "--log", "json", *options)

    def supervisor(self):
        return self.start("supervisor", "obscura-admin", "serve", "--site", self.folder, "--identity",
                          self.people / "supervisor", "--every-ms", "100")

    def close(self):
        for process in self.processes:
            process.stop(signal.SIGKILL)

    def push(self, model, keys=None):
        """Returns the options that name the model and the keys."""
        pushed = self.shop.run("obscura", "--json", "push", model, "--eval-keys", keys or self.shop.evaluation, "--site",
                               self.folder)
        if pushed.code != 0:
            raise AssertionError(pushed)
        names = json.loads(pushed.out)
        return ["--model", names["model"], "--eval-keys", names["eval_keys"]]

    def client(self, person="client", tenant=TENANT):
        return ["--site", self.folder, "--identity", self.people / person, "--tenant", tenant, "--state",
                self.shop.root / f"{self.name}.state"]

    def submit(self, *words, json_out=True):
        return self.shop.run("obscura", *(["--json"] if json_out else []), "submit", *words, *self.client())

    def status(self):
        return json.loads(self.shop.run("obscura", "--json", "status", "--site", self.folder).out)

    def in_work(self, stage=0):
        """How many tasks of a stage (from 0) a worker holds, from the queue itself: a process that asks comes too late."""
        with contextlib.closing(sqlite3.connect(f"file:{self.folder / 'queue'}?mode=ro", uri=True)) as queue:
            return queue.execute("SELECT count(*) FROM tasks WHERE leased = 1 AND done = 0 AND stage = ? AND ready_at > ?",
                                 (stage, int(time.time() * 1000))).fetchone()[0]


class SiteTest(CommandLineTest):
    """Tests with sites; what they started is gone at their end."""

    @contextlib.contextmanager
    def site(self, name, settings=""):
        site = Site(self.shop, name, settings)
        try:
            yield site
        finally:
            site.close()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        shop = cls.shop
        cls.manifest = shop.root / "served.manifest"
        cls.whole = shop.root / "served.sealed"
        cls.images = sorted(DIGITS.glob("*.png"))[:10]
        cls.requests = [shop.root / "requests" / f"{image.stem}.ct" for image in cls.images]
        cls.results = [shop.root / "single" / f"{image.stem}.result" for image in cls.images]
        if cls.manifest.exists():
            return
        for folder in ("requests", "single"):
            (shop.root / folder).mkdir()
        shop.make("seal", shop.plan, "--key", shop.secret, "--sign", shop.vendor, "--stages", "3", "--whole", "-o", cls.whole)
        shop.make("encrypt", *cls.images, "--key", shop.public, "--out-dir", shop.root / "requests")
        shop.make("run", cls.manifest, *cls.requests, *shop.worker_keys(), "--out-dir", shop.root / "single")

    def folder(self, name):
        folder = self.shop.root / name
        folder.mkdir()
        return folder

    def check_answers(self, folder):
        for request, result in zip(self.requests, self.results):
            self.assertEqual((folder / f"{request.stem}.result").read_bytes(), result.read_bytes(), request)

    def done(self, answer):
        self.assertEqual(answer.code, 0, answer)
        return json.loads(answer.out)["jobs"] if answer.out.startswith("{") else answer.out


def page(port, path):
    """Status and text of a page of the worker."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def metric(text, name):
    """The sum of all series of a metric."""
    values = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
              if line.split("{")[0].split(" ")[0] == name]
    if not values:
        raise AssertionError(f"no metric {name} in {text}")
    return sum(values)


def sealed_names(folder):
    """Names of the blobs in a cache."""
    return {path.name for path in folder.rglob("*") if len(path.name) == 64}

