"""Latency of webhooks while the storage key of many installations changes; scripts/bench/latency-during-rotation."""

import os
import subprocess

from harness import tools
from harness.rows import row


def measure(options, work):
    tools.install("wrk")
    script = tools.PROJECT / "scripts/bench/latency-during-rotation"
    command = [script, str(options.installations), str(options.seconds)]
    environment = os.environ | {"BIN": str(options.bin), "ROUNDS": str(options.rounds)}
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
    measured = {}
    for line in output.splitlines():
        # median NAME p50 p99 (ms): P50 P99
        if line.startswith("median "):
            words = line.split()
            measured[words[1]] = {"p50_ms": float(words[-2]), "p99_ms": float(words[-1])}
    unbounded, default = (measured[rate]["p99_ms"] / measured["idle"]["p99_ms"] for rate in ("rate-0", "rate-default"))
    return {
        "measured": measured,
        "rows": [
            row("p99 during an unthrottled rotation / idle", "<= 2", unbounded, 2),
            row("p99 during a rotation at the default rate / idle", "<= 1.5", default, 1.5),
        ],
    }
