"""What 2,000,000 events leave behind in PostgreSQL: its size and the time of a webhook, beside those at 200,000.

All events are pushed to a target that answers at once. What the sweeper would clear away when its days are over goes after each
round, by the sweeper's own statement: the last 50,000 rows stay.
"""

import asyncio
import json
import pathlib
import statistics
import time

from harness import clusters, load
from harness.rows import row
from platform_load import Receiver
from subjects.store import forward_to, prepare

EVENTS, SMALL, KEPT, EACH, SWEEP = 2_000_000, 200_000, 50_000, 100_000, 500
INSTALLATIONS = 1000


def measure(options, work):
    work.chmod(0o711)
    cluster = clusters.Cluster(work / "cluster")
    cluster.make()
    try:
        deployment, script, _ = prepare(options, work, INSTALLATIONS)
        database = deployment.moved(work / "moved", clusters.url(cluster))
        return asyncio.run(fill(database, script, cluster))
    finally:
        cluster.stop()


async def fill(deployment, script, cluster):
    receiver = Receiver(counts=False)
    forward_to(deployment, await receiver.start())
    rounds, events = [], 0
    with deployment.serve("filling") as server:
        while events < EVENTS:
            taken, times = 0, []
            while taken < EACH:
                result = await asyncio.to_thread(load.run, server, script, 4)
                taken += result["requests"]
                times.append(result["p99_ms"])
            while cluster.sql("SELECT 1 FROM innkeeper.event WHERE state <> 'delivered' LIMIT 1").strip():
                await asyncio.sleep(0.2)
            await asyncio.to_thread(sweep, cluster)
            events += taken
            size = int(cluster.sql("SELECT pg_database_size('innkeeper')"))
            rounds.append({"events": events, "bytes": size, "p99_ms": statistics.median(times)})
    first = [one for one in rounds if one["events"] - EACH < SMALL][-1]
    ends = {"first": rounds[1:4], "last": rounds[-3:]}
    p99 = {name: statistics.median(one["p99_ms"] for one in some) for name, some in ends.items()}
    measured = {
        f"{one['events']} events": {"MB": one["bytes"] / 1e6, "p99_ms": one["p99_ms"]} for one in (first, rounds[-1])}
    return {
        "measured": measured, "rounds": rounds,
        "rows": [
            row("size of the database, 2,000,000 events / 200,000", "<= 1.5", rounds[-1]["bytes"] / first["bytes"], 1.5),
            row("p99 of a webhook, 2,000,000 events / 200,000", "<= 1.5", p99["last"] / p99["first"], 1.5),
        ],
    }


def sweep(cluster):
    """As EventSweeper does, in its steps and with its pauses."""
    last = cluster.sql(
        f"SELECT id FROM innkeeper.event WHERE state = 'delivered' ORDER BY id DESC OFFSET {KEPT} LIMIT 1").strip()
    while last:
        through = cluster.sql(
            f"""DELETE FROM innkeeper.event WHERE state = 'delivered' AND id <= (
                SELECT max(id) FROM (SELECT id FROM innkeeper.event WHERE state = 'delivered' AND id <= {last}
                    ORDER BY id LIMIT {SWEEP}) AS step) RETURNING 1""").split()
        if len(through) < SWEEP:
            return
        time.sleep(0.02)
