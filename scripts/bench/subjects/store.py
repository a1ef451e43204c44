"""The embedded store and PostgreSQL side by side: the same deployment, moved; then three instances, and a large store."""

import asyncio
import contextlib
import json
import pathlib
import statistics
import tempfile
import time

from harness import clusters, load, servers, tools
from harness.rows import row
from platform_load import Receiver, connect, webhook
from subjects import install
from subjects.list import ask, milliseconds

BACKLOG, INSTALLS, SMALL, WORKSPACES = 20_000, 400, 1000, 200


def measure(options, work):
    work.chmod(0o711)
    cluster = clusters.Cluster(work / "cluster")
    cluster.make()
    try:
        return compare(options, work, cluster)
    finally:
        cluster.stop()


def compare(options, work, cluster):
    deployment, script, tokens = prepare(options, work, options.installations)
    moving = time.monotonic()
    database = deployment.moved(work / "moved", clusters.url(cluster))
    moving = time.monotonic() - moving
    small, small_script = small_store(options, work, cluster)
    both = {"SQLite": deployment, "PostgreSQL": database}
    measured = {name: {} for name in both}
    with contextlib.ExitStack() as running:
        served = {name: running.enter_context(one.serve(name)) for name, one in both.items()}
        few = running.enter_context(small.serve("small"))
        webhooks = load.interleaved(
            options.rounds,
            {name: lambda one=one: load.run(one, script, options.seconds) for name, one in served.items()}
            | {"few": lambda: load.run(few, small_script, options.seconds)})
        for name, one in served.items():
            measured[name]["ready_s"] = one.seconds_until_ready
            measured[name]["webhooks/s"] = webhooks[name]["requests_per_second"]
            measured[name]["webhook_us"] = webhooks[name]["processor_us"]
            measured[name]["page_ms"] = statistics.median(milliseconds(lambda: ask(both[name], one)) for _ in range(20))
        for number in range(2):
            for name, one in served.items():
                place = ["--first", 10_000_000 + INSTALLS * number, "--workspaces", INSTALLS, "--webhooks", 10]
                made = deployment.bench("install-requests", "--platform-key", deployment.private_key, *place)
                requests = [install.request(*line.split(" ", 1)) for line in made.splitlines()]
                measured[name]["installs/s"] = install.send(one.port, requests)
    for name, one in both.items():
        report = json.loads(one.innkeeper("keys", "rotate", "--rate", "0", "--data-dir", one.data, "-o", "json"))
        measured[name]["rotated/s"] = report["rewrapped"] / report["elapsedMs"] * 1000
        measured[name]["deliveries/s"] = asyncio.run(deliveries(one, tokens))
    rate = measured["PostgreSQL"]["webhooks/s"] / 2
    waits = cluster.lock_waits()
    alone, together = (instances(options, database, tokens, rate, count) for count in (1, 3))
    waits = cluster.lock_waits() - waits
    # A process that has less to do shares less of what it does, whatever it shares with others.
    slower = instances(options, database, tokens, rate / 3, 1)
    few = webhooks["few"]["processor_us"]
    at = f"at {options.installations} installations"
    ours = measured["PostgreSQL"]
    return {
        "measured": measured | {f"PostgreSQL, {SMALL} installations": {"webhook_us": few}},
        "at_a_rate_us": {"one": alone, "three": together, "one at a third": slower},
        "moved_per_second": options.installations / moving,
        "rows": [
            row("CPU per webhook, PostgreSQL / SQLite", "<= 1.5", ours["webhook_us"] / measured["SQLite"]["webhook_us"], 1.5),
            row(f"CPU per webhook, 3 instances / 1, {rate:.0f}/s", "<= 1.3", together / alone, 1.3),
            row(f"the same / 1 with a third of it, {rate / 3:.0f}/s", "<= 1.3", together / slower, 1.3),
            row("waits for a lock over 20 ms meanwhile", "0", waits, 0),
            row(f"ms of the first page {at}", "< 30", ours["page_ms"], 30),
            row(f"seconds until ready {at}", "< 3", ours["ready_s"], 3),
            row(f"CPU per webhook, {options.installations} / {SMALL} installations", "<= 1.3", ours["webhook_us"] / few, 1.3),
        ],
    }


def prepare(options, place, count):
    """So many installations, the last of which get webhooks."""
    tools.install("wrk")
    deployment = servers.Deployment(options, place)
    deployment.seed(count - WORKSPACES)
    first = count - WORKSPACES + 1
    deployment.install(first, WORKSPACES)
    script = place / "load.lua"
    script.write_text(deployment.load_script(first, WORKSPACES) + load.REPORT)
    keys = ["--platform-key", deployment.private_key, "--first", first]
    lines = deployment.bench("tokens", *keys, "--workspaces", WORKSPACES).splitlines()
    return deployment, script, [line.split() for line in lines]


def instances(options, deployment, tokens, rate, count):
    """Processor time of all instances for each webhook, at a rate that they share."""
    with contextlib.ExitStack() as running:
        served = []
        for number in range(count):
            data = pathlib.Path(tempfile.mkdtemp(dir=deployment.work)) / "data"
            served.append(running.enter_context(deployment.copy(data).serve(f"instance-{number}")))
        return asyncio.run(send_at_rate(served, tokens, rate, 4 * options.seconds))


async def send_at_rate(served, tokens, rate, seconds):
    connections = [one for server in served for one in await connect(server.port, 24 // len(served))]
    for warm, length in ((True, 2), (False, seconds)):
        processor, begun, sent = sum(one.processor_seconds() for one in served), time.monotonic(), 0
        while (due := int((time.monotonic() - begun) * rate)) < length * rate:
            for number in range(sent, due):
                workspace, _, token = tokens[number % len(tokens)]
                connections[number % len(connections)].send(webhook(workspace, token, number), None)
            sent = max(sent, due)
            await asyncio.sleep(0.002)
        while any(one.waiting for one in connections):
            await asyncio.sleep(0.01)
    return (sum(one.processor_seconds() for one in served) - processor) / sent * 1e6


async def deliveries(deployment, tokens):
    """A backlog, pushed to a target that answers at once."""
    with deployment.serve("filling") as server:
        connections = await connect(server.port, 8)
        share = [tokens[index::8] for index in range(8)]

        def requests(own):
            for turn in range(BACKLOG // len(tokens)):
                for workspace, _, token in own:
                    yield None, webhook(workspace, token, turn)

        await asyncio.gather(*(one.send_all(requests(own)) for one, own in zip(connections, share)))
    receiver = Receiver()
    port = await receiver.start()
    file = pathlib.Path(deployment.data) / "innkeeper.json"
    before = file.read_text()
    forward_to(deployment, port)
    with deployment.serve("pushing"):
        await receiver.wait_for(BACKLOG // len(tokens) * len(tokens))
    file.write_text(before)
    return (receiver.count - 1) / (receiver.last - receiver.first)


def forward_to(deployment, port):
    """From its next start on, events are pushed to a target on this machine."""
    data = pathlib.Path(deployment.data)
    secret, file = data / "forward.secret", data / "innkeeper.json"
    secret.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    secret.chmod(0o600)
    forward = {"sample-addon": {"url": f"http://127.0.0.1:{port}/", "secret": "forward.secret"}}
    file.write_text(json.dumps(json.loads(file.read_text()) | {"forward": forward}))


def small_store(options, work, cluster):
    """A database with few installations, and the load for it."""
    place = work / "small"
    place.mkdir()
    deployment, script, _ = prepare(options, place, SMALL)
    cluster.sql("CREATE DATABASE small")
    return deployment.moved(place / "moved", clusters.url(cluster).replace("/innkeeper?", "/small?")), script
