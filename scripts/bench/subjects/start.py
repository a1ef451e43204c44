"""A large store: until it is ready, and the first webhook of an installation that is not in the token directory."""

import statistics
import time

from harness import servers
from harness.http import Connection, post
from harness.rows import row

SENDERS = 500


def measure(options, work):
    deployment = servers.Deployment(options, work)
    deployment.seed(options.installations)
    first = options.installations + 1
    deployment.install(first, SENDERS)
    keys = ["--platform-key", deployment.private_key]
    tokens = deployment.bench("tokens", *keys, "--first", first, "--workspaces", SENDERS).splitlines()
    requests = [webhook(*line.split()) for line in tokens]
    ready, cold, warm, costs = [], [], [], []
    for _ in range(options.rounds):
        with deployment.serve() as server:
            ready.append(server.seconds_until_ready)
            connection = Connection(server.port)
            for times in (cold, warm):
                processor = server.processor_seconds()
                for request in requests:
                    begun = time.monotonic()
                    connection.expect(request, 204)
                    times.append((time.monotonic() - begun) * 1000)
                costs.append((server.processor_seconds() - processor) / SENDERS * 1e6)
    measured = {
        "not in the directory": {"p50_ms": statistics.median(cold), "processor_us": statistics.median(costs[0::2])},
        "in the directory": {"p50_ms": statistics.median(warm), "processor_us": statistics.median(costs[1::2])},
    }
    at = f"at {options.installations} installations"
    return {
        "measured": measured,
        "ready_seconds": ready,
        "rows": [
            row(f"seconds until ready {at}", "< 3", statistics.median(ready), 3),
            row("ms of a webhook not in the directory, with its commit", "< 1", statistics.median(cold), 1),
        ],
    }


def webhook(workspace, addon, token):
    body = f'{{"workspaceId":"{workspace}","name":"{"x" * 1740}"}}'
    fields = {"clockify-signature": token, "clockify-webhook-event-type": "NEW_PROJECT"}
    return post("/webhooks/projects", fields, body)
