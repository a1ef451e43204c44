"""Verify and store: the real program, each event durably committed, against peers that only verify.

Beside them the same listener in front of a file that is only written and synced: the bound of every durable inbox.
"""

from harness import load, servers
from harness.rows import row
from subjects.webhook import prepare


def measure(options, work):
    deployment, script, tokens = prepare(options, work)
    # Two programs never have one store.
    (work / "bare").mkdir()
    bare_deployment, bare_script, _ = prepare(options, work / "bare")
    with (
        deployment.serve() as innkeeper,
        servers.bare_log(bare_deployment) as bare_log,
        servers.haproxy(deployment, tokens) as haproxy,
        servers.go(deployment, tokens) as go,
    ):
        measured = load.interleaved(
            options.rounds,
            {
                "Innkeeper, durable inbox": lambda: load.run(innkeeper, script, options.seconds),
                "the same, a bare log": lambda: load.run(bare_log, bare_script, options.seconds),
                "HAProxy jwt_verify": lambda: load.run(haproxy, script, options.seconds),
                "Go, golang-jwt": lambda: load.run(go, script, options.seconds),
            },
        )
    cost = {name: values["processor_us"] for name, values in measured.items()}
    rate = {name: values["requests_per_second"] for name, values in measured.items()}
    ours = "Innkeeper, durable inbox"
    to_haproxy, to_go = (rate[ours] / rate[peer] for peer in ("HAProxy jwt_verify", "Go, golang-jwt"))
    return {
        "measured": measured,
        "rows": [
            row("CPU per request, durable inbox / HAProxy", "<= 0.8", cost[ours] / cost["HAProxy jwt_verify"], 0.8),
            row("requests per second, durable inbox / HAProxy", ">= 1.0", to_haproxy, 1.0, at_most=False),
            row("requests per second, durable inbox / Go", ">= 2", to_go, 2, at_most=False),
        ],
    }
