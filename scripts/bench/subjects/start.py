"""A large store: until it is ready, and the first webhook of an installation that is not in the token directory."""

import statistics
import time
import urllib.request

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
    ready, cold, warm, inside, costs = [], [], [], [], []
    for _ in range(options.rounds):
        with deployment.serve() as server:
            ready.append(server.seconds_until_ready)
            connection = Connection(server.port)
            for times in (cold, warm):
                processor, spent = server.processor_seconds(), seconds_inside(deployment, server)
                for request in requests:
                    begun = time.monotonic()
                    connection.expect(request, 204)
                    times.append((time.monotonic() - begun) * 1000)
                costs.append((server.processor_seconds() - processor) / SENDERS * 1e6)
                inside.append((seconds_inside(deployment, server) - spent) / SENDERS * 1000)
    measured = {
        name: {
            "server_ms": statistics.median(inside[turn::2]),
            "client_p50_ms": statistics.median(times),
            "processor_us": statistics.median(costs[turn::2]),
        }
        for turn, (name, times) in enumerate({"not in the directory": cold, "in the directory": warm}.items())
    }
    unknown = measured["not in the directory"]["server_ms"]
    at = f"at {options.installations} installations"
    return {
        "measured": measured,
        "ready_seconds": ready,
        "rows": [
            row(f"seconds until ready {at}", "< 3", statistics.median(ready), 3),
            row("ms in the server, webhook not in the directory", "< 1", unknown, 1),
        ],
    }


def seconds_inside(deployment, server):
    """From the first byte of each webhook so far to its answer, by the server's own histogram."""
    fields = {"authorization": f"Bearer {deployment.api_key}"}
    with urllib.request.urlopen(urllib.request.Request(f"{server.operators}/metrics", headers=fields)) as answer:
        lines = answer.read().decode().splitlines()
    name = 'innkeeper_ingress_request_seconds_sum{route="webhook"}'
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


def webhook(workspace, addon, token):
    body = f'{{"workspaceId":"{workspace}","name":"{"x" * 1740}"}}'
    fields = {"clockify-signature": token, "clockify-webhook-event-type": "NEW_PROJECT"}
    return post("/webhooks/projects", fields, body)
