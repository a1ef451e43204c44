"""The first page of `installations list` of a large store."""

import statistics
import time
import urllib.request

from harness import servers
from harness.rows import row


def measure(options, work):
    deployment = servers.Deployment(options, work)
    deployment.seed(options.installations)
    pages, commands = [], []
    with deployment.serve() as server:
        for _ in range(4 * options.rounds):
            pages.append(milliseconds(lambda: ask(deployment, server)))
            command = ["installations", "list", "--data-dir", deployment.data, "-o", "json"]
            commands.append(milliseconds(lambda: deployment.innkeeper(*command)))
    return {
        "measured": {
            "operator API": {"p50_ms": statistics.median(pages), "max_ms": max(pages)},
            "the command, with its start": {"p50_ms": statistics.median(commands), "max_ms": max(commands)},
        },
        "rows": [
            row(f"ms of the first page of {options.installations}", "< 30", statistics.median(pages), 30),
        ],
    }


def milliseconds(action):
    begun = time.monotonic()
    action()
    return (time.monotonic() - begun) * 1000


def ask(deployment, server):
    fields = {"authorization": f"Bearer {deployment.api_key}"}
    request = urllib.request.Request(f"{server.operators}/api/v1/installations?limit=100", headers=fields)
    with urllib.request.urlopen(request) as answer:
        answer.read()
