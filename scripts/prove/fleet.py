"""Several processes of the real program, and HAProxy in front of them."""

import os
import pathlib
import signal
import socket
import subprocess


class Instance:
    """One process, with a data directory of its own."""

    def __init__(self, number, program, data, environment, platform_key):
        self.program, self.data, self.log = program, data, open(f"{data}.log", "ab")
        self.environment, self.platform_key = environment, platform_key
        self.ports = free_port(), free_port()
        self.process, self.number, self.busy = None, number, 0.0
        self.is_wanted = False

    def start(self):
        command = [self.program, "serve", "--data-dir", self.data, "--platform-keys", self.platform_key]
        for flag, port in zip(("--ingress-bind", "--operator-bind"), self.ports):
            command += [flag, f"127.0.0.1:{port}"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=self.log)
        self.is_wanted = True

    def check(self):
        if self.is_wanted and self.process.poll() is not None:
            told = pathlib.Path(f"{self.data}.log").read_text(errors="replace")[-500:]
            raise RuntimeError(f"instance {self.number} ended by itself with {self.process.returncode}: {told}")

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self):
        self.is_wanted = False
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.is_wanted = False
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start_proxy(instances, port, work):
    # A call is given to another instance only when none has got it: what was begun may have been done.
    servers = "\n".join(
        f"    server i{one.number} 127.0.0.1:{one.ports[0]} check inter 100ms fall 1 rise 1" for one in instances)
    (work / "haproxy.cfg").write_text(f"""
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 40s
    retries 5
    retry-on conn-failure
    option redispatch
frontend platform
    bind 127.0.0.1:{port}
    default_backend innkeeper
backend innkeeper
    balance roundrobin
    option httpchk GET /readyz
{servers}
""")
    return subprocess.Popen(["haproxy", "-f", work / "haproxy.cfg", "-db"], stderr=subprocess.DEVNULL)
