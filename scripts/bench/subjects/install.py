"""Installs with 10 webhooks from 8 clients, against what 11 RS256 verifications and one commit cost."""

import json
import select
import statistics
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
    # As the platform is known to send them, one token for all webhooks; and a token for each.
    modes = {"installs": [], "installs, distinct tokens": ["--distinct"]}
    rates, costs, references = {mode: [] for mode in modes}, {mode: [] for mode in modes}, []
    first = 1
    with deployment.serve() as server:
        for number in range(options.rounds + 1):
            for mode, flags in modes.items():
                place = ["--first", first, "--workspaces", INSTALLS]
                first += INSTALLS
                # Signed just before they are sent: a lifecycle token lives for five minutes.
                made = deployment.bench("install-requests", *keys, *place, "--webhooks", WEBHOOKS, *flags)
                requests = [request(*line.split(" ", 1)) for line in made.splitlines()]
                processor = server.processor_seconds()
                rate = send(server.port, requests)
                processor = server.processor_seconds() - processor
                if number > 0:
                    rates[mode].append(rate)
                    costs[mode].append(processor / INSTALLS * 1e6)
            floor = float(deployment.bench(*reference, "--scratch", work))
            if number > 0:
                references.append(floor)
    floor = statistics.median(references)
    measured = {
        mode: {"per_second": statistics.median(rates[mode]), "processor_us": statistics.median(costs[mode])}
        for mode in modes
    }
    return {
        "measured": measured | {"11 RS256 and a commit": {"per_second": floor}},
        "rows": [
            row(f"{mode} / 11 RS256 and a commit", ">= 0.7", measured[mode]["per_second"] / floor, 0.7, at_most=False)
            for mode in modes
        ],
    }


def request(token, body):
    return post("/lifecycle/installed", {"X-Addon-Lifecycle-Token": token}, body)


def send(port, requests):
    """Installs per second. One thread for all clients: it shares the server's cores, and threads of Python would take a fifth."""
    clients = {socket.fileno(): socket for socket in (Connection(port).socket for _ in range(CLIENTS))}
    ready = select.epoll()
    waiting = iter(requests)
    begun = time.monotonic()
    for number, client in clients.items():
        ready.register(number, select.EPOLLIN)
        client.sendall(next(waiting))
    answered = 0
    while answered < len(requests):
        for number, _ in ready.poll():
            # The head of an answer without a body comes in one piece.
            answer = clients[number].recv(4096)
            if not answer.startswith(b"HTTP/1.1 204 ") or not answer.endswith(b"\r\n\r\n"):
                raise SystemExit(f"bench: the server answers {answer[:60]!r}, not 204")
            answered += 1
            if request := next(waiting, None):
                clients[number].sendall(request)
    return len(requests) / (time.monotonic() - begun)
