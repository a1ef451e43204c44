"""Processes under measurement."""

import copy
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from harness.environment import for_program
from harness.tools import PEERS, PROJECT, build_go

TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A process that prints 'ready ingress=URL …', or listens on a port that it was given."""

    def __init__(self, name, command, work, environment=None, port=None):
        self.name, self.command, self.log = name, [str(part) for part in command], work / f"{name}.log"
        self.environment = for_program(**(environment or {}))
        self.port = port

    def __enter__(self):
        begun = time.monotonic()
        output = subprocess.DEVNULL if self.port else subprocess.PIPE
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, env=self.environment, stdout=output, stderr=log)
        if self.port:
            self.await_port()
        else:
            self.ready_line = self.process.stdout.readline().decode()
            fields = dict(word.split("=", 1) for word in self.ready_line.split() if "=" in word)
            if "ingress" not in fields:
                raise SystemExit(f"bench: {self.name} did not start: {self.log.read_text()[-500:]}")
            self.port = int(fields["ingress"].rsplit(":", 1)[1])
            self.operators = fields.get("operator")
        self.seconds_until_ready = time.monotonic() - begun
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def await_port(self):
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.05)
        raise SystemExit(f"bench: {self.name} did not start: {self.log.read_text()[-500:]}")

    def processor_seconds(self):
        """User and system time of all threads, and of the processes it started."""
        return sum(self._seconds(pid) for pid in [self.process.pid, *self._descendants(self.process.pid)])

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    @staticmethod
    def _seconds(pid):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @classmethod
    def _descendants(cls, pid):
        children = []
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            children += [int(child) for child in (task / "children").read_text().split()]
        return children + [one for child in children for one in cls._descendants(child)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Deployment:
    """A data directory of the real program, and the stand-in platform that signs for it."""

    def __init__(self, options, work, manifest=PROJECT / "scripts/sample-manifest.json"):
        self.bin, self.work, self.data = pathlib.Path(options.bin), work, work / "data"
        self.public_key, self.private_key = work / "keys/platform.pem", work / "keys/platform-private.pem"
        if not self.public_key.exists():
            self.innkeeper("simulate", "keys", work / "keys")
        made = self.innkeeper("init", "--addon", manifest, "--data-dir", self.data, "-o", "json")
        self.api_key = json.loads(made)["apiKey"]["secret"]

    # Where everything is kept, if not in the data directory.
    store = None

    @property
    def environment(self):
        return {"INNKEEPER_STORE": self.store} if self.store else {}

    def copy(self, data):
        """The same data directory once more: for another instance, or to be moved."""
        other = copy.copy(self)
        other.data = data
        left = ["*.sock", "innkeeper.sqlite*"] if self.store else ["*.sock"]
        shutil.copytree(self.data, data, ignore=shutil.ignore_patterns(*left))
        return other

    def moved(self, data, store):
        """The same deployment in a database."""
        other = self.copy(data)
        other.innkeeper("migrate", "--from", "sqlite", "--to", store, "--data-dir", data)
        other.store = store
        return other

    def innkeeper(self, *arguments):
        return self._run(self.bin / "innkeeper", *arguments)

    def bench(self, *arguments):
        return self._run(self.bin / "Bench", *arguments)

    def _run(self, *command):
        environment = for_program(**self.environment)
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=environment)
        if done.returncode:
            raise SystemExit(f"bench: {' '.join(map(str, command))}: {done.stderr[-500:]}")
        return done.stdout

    def serve(self, name="innkeeper"):
        keys = ["--platform-keys", self.public_key]
        binds = ["--ingress-bind", "127.0.0.1:0", "--operator-bind", "127.0.0.1:0"]
        command = [self.bin / "innkeeper", "serve", "--data-dir", self.data, *keys, *binds]
        return Server(name, command, self.work, self.environment)

    def seed(self, count):
        """Fills the store with sealed rows whose tokens are no tokens: weight, not senders."""
        if count:
            self.bench("seed", "--data-dir", self.data, "--installations", count, "--events", 0)

    def install(self, first, count):
        """Installs workspaces as the platform would."""
        with self.serve("installing") as server:
            place = ["--keys", self.work / "keys", "--url", server.url]
            self.innkeeper("simulate", "install", *place, "--from", first, "--workspaces", count)

    def load_script(self, first, count, *more):
        senders = ["--platform-key", self.private_key, "--first", first, "--workspaces", count]
        return self.bench("load-script", *senders, *more)


def verify_only(deployment, *more, name="verify-only"):
    command = [deployment.bin / "Bench", "serve-verify", "--data-dir", deployment.data]
    return Server(name, [*command, "--platform-keys", deployment.public_key, *more], deployment.work)


def bare_log(deployment):
    """Seals each webhook, writes it once and syncs: what no durable inbox can undercut."""
    return verify_only(deployment, "--log", deployment.work / "bare.log", name="bare-log")


def floor(deployment, *more):
    return Server("nio-floor", [deployment.bin / "Bench", "serve-floor", *more], deployment.work)


def haproxy(deployment, tokens):
    """Two threads; knows the installations from a map."""
    lines = [f"{workspace}/{addon} live\n" for workspace, addon, _ in tokens]
    (deployment.work / "installations.map").write_text("".join(lines))
    # HAProxy reads no comment before the key.
    pem = deployment.public_key.read_text()
    (deployment.work / "platform.pem").write_text(pem[pem.index("-----BEGIN") :])
    port = free_port()
    environment = {"PORT": str(port), "WORK": str(deployment.work)}
    command = ["/usr/sbin/haproxy", "-db", "-f", PEERS / "haproxy.cfg"]
    return Server("haproxy", command, deployment.work, environment, port)


def go(deployment, tokens):
    file = deployment.work / "tokens"
    file.write_text("".join(" ".join(token) + "\n" for token in tokens))
    command = [build_go(deployment.work), deployment.public_key, file]
    return Server("go", command, deployment.work, {"GOMAXPROCS": "2"})
