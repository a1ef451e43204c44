"""Private PostgreSQL clusters from the system's package, on sockets in a temporary directory, as a user without privileges."""

import glob
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import time


def programs():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    if not found:
        raise SystemExit("no PostgreSQL here; install it with: scripts/setup-tests")
    return found[-1]


class Cluster:
    """One server. A crash of it is a kill -9 of all its processes."""

    # As durable as any other. Whoever waits for a lock for longer than 20 ms is written into its log.
    settings = """
listen_addresses = ''
max_connections = 200
max_locks_per_transaction = 256
deadlock_timeout = 20ms
log_lock_waits = on
wal_keep_size = 1GB
max_wal_size = 4GB
"""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.data, self.log = self.directory / "data", self.directory / "log"
        self.directory.mkdir(mode=0o700)
        self.owner = []
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.directory, user.pw_uid, user.pw_gid)
            self.owner = ["runuser", "-u", "postgres", "--"]

    def run(self, program, *arguments, **more):
        command = self.owner + [f"{programs()}/{program}", *map(str, arguments)]
        return subprocess.run(command, check=True, cwd="/", capture_output=True, text=True, **more).stdout

    def make(self):
        self.run(
            "initdb", "--pgdata", self.data, "--username", "innkeeper", "--auth", "trust", "--encoding", "UTF8",
            "--locale", "C.UTF-8")
        self.configure(self.settings)
        self.start()
        self.sql("CREATE DATABASE innkeeper", "postgres")

    def follow(self, primary):
        """Becomes a standby of another one, whatever it was before."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.run(
            "pg_basebackup", "--pgdata", self.data, "--host", primary.directory, "--username", "innkeeper",
            "--write-recovery-conf", "--checkpoint", "fast", "--wal-method", "stream")
        self.start()

    def configure(self, text):
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(text)

    def start(self):
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        subprocess.run(
            self.owner + [f"{programs()}/pg_ctl", "--pgdata", self.data, "--log", self.log, "--silent", "--wait", "start",
                          "--options", f"-c unix_socket_directories={self.directory}"],
            check=True, cwd="/", stdout=subprocess.DEVNULL)

    def crash(self):
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        family = [postmaster] + [int(child) for child in pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children")
                                 .read_text().split()]
        for process in family:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        while any(os.path.exists(f"/proc/{process}") for process in family):
            time.sleep(0.01)

    def stop(self):
        subprocess.run(
            self.owner + [f"{programs()}/pg_ctl", "--pgdata", self.data, "--mode", "immediate", "--silent", "stop"],
            cwd="/", stderr=subprocess.DEVNULL, check=False)

    def promote(self):
        # Whoever waits for a standby that is not there yet would wait for it until it is.
        self.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
        self.sql("SELECT pg_reload_conf()")
        self.run("pg_ctl", "--pgdata", self.data, "--silent", "--wait", "promote")

    def wait_for_standby(self):
        """From now on a commit waits for the standby."""
        self.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.sql("SELECT pg_reload_conf()")
        while "sync" not in self.sql("SELECT sync_state FROM pg_stat_replication").split():
            time.sleep(0.05)

    def sql(self, statement, database="innkeeper"):
        return self.run(
            "psql", "--host", self.directory, "--username", "innkeeper", "--dbname", database, "--no-psqlrc",
            "--quiet", "--tuples-only", "--no-align", "--command", statement)

    def lock_waits(self):
        """How often somebody waited for a lock for longer than 20 ms."""
        return sum("still waiting for" in line for line in self.log.read_text(errors="replace").splitlines())


def url(*clusters):
    """Where a program finds the one of these that takes writes."""
    hosts = ",".join(str(cluster.directory).replace("/", "%2F") for cluster in clusters)
    return f"postgres://innkeeper@/innkeeper?host={hosts}"
