"""Installs with 10 webhooks from 8 clients, against what 11 RS256 verifications and one commit cost."""

import json
import statistics
import threading
import time

from harness import servers, tools
from harness.http import Connection, post
from harness.rows import row

CLIENTS, INSTALLS, WEBHOOKS = 8, 800, 10


def measure(options, work):
    manifest = json.loads((tools.PROJECT / "scripts/sample-manifest.json").read_text())
    manifest["webhooks"] = [{"event": "NEW_PROJECT", "path": f"/webhooks/w{number}"} for number in range(WEBHOOKS)]
    (work / "manifest.json").write_text(json.dumps(manifest))
    deployment = servers.Deployment(options, work, work / "manifest.json")
    keys = ["--platform-key", deployment.private_key]
    reference = ["install-reference", *keys, "--platform-keys", deployment.public_key, "--count", INSTALLS]
    rates, references, costs = [], [], []
    with deployment.serve() as server:
        for number in range(options.rounds + 1):
            place = ["--first", 1 + number * INSTALLS, "--workspaces", INSTALLS]
            # Signed just before they are sent: a lifecycle token lives for five minutes.
            lines = deployment.bench("install-requests", *keys, *place, "--webhooks", WEBHOOKS).splitlines()
            processor = server.processor_seconds()
            rate = send(server.port, [request(*line.split(" ", 1)) for line in lines])
            processor = server.processor_seconds() - processor
            floor = float(deployment.bench(*reference, "--scratch", work))
            if number > 0:
                rates.append(rate)
                references.append(floor)
                costs.append(processor / INSTALLS * 1e6)
    ratio = statistics.median(rates) / statistics.median(references)
    return {
        "measured": {
            "installs": {"per_second": statistics.median(rates), "processor_us": statistics.median(costs)},
            "11 RS256 and a commit": {"per_second": statistics.median(references)},
        },
        "rows": [row("installs per second / 11 RS256 and a commit", ">= 0.7", ratio, 0.7, at_most=False)],
    }


def request(token, body):
    return post("/lifecycle/installed", {"X-Addon-Lifecycle-Token": token}, body)


def send(port, requests):
    """Installs per second."""

    def client(number):
        connection = Connection(port)
        for one in requests[number::CLIENTS]:
            connection.expect(one, 204)

    threads = [threading.Thread(target=client, args=[number]) for number in range(CLIENTS)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(requests) / (time.monotonic() - begun)
