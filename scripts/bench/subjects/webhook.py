"""Verify only: a webhook is judged and not stored. Against HAProxy, Go and a server that judges nothing."""

from harness import load, servers, tools
from harness.rows import row

WORKSPACES = 200


def prepare(options, work):
    """A deployment with real installations, the load, and the tokens that the peers must know."""
    tools.install("wrk", "haproxy", "golang-go", "golang-github-golang-jwt-jwt-dev")
    deployment = servers.Deployment(options, work)
    deployment.install(1, WORKSPACES)
    script = work / "load.lua"
    script.write_text(deployment.load_script(1, WORKSPACES) + load.REPORT)
    keys = ["--platform-key", deployment.private_key]
    lines = deployment.bench("tokens", *keys, "--workspaces", WORKSPACES).splitlines()
    return deployment, script, [line.split() for line in lines]


def measure(options, work):
    deployment, script, tokens = prepare(options, work)
    forged = work / "forged.lua"
    forged.write_text(deployment.load_script(1, WORKSPACES, "--forged") + load.REPORT)
    with (
        servers.floor(deployment) as floor,
        servers.floor(deployment, "--verify-under", deployment.public_key) as refusing,
        servers.verify_only(deployment) as verify,
        servers.haproxy(deployment, tokens) as haproxy,
        servers.go(deployment, tokens) as go,
    ):
        # A peer that believes a forged token would not do the work that it is measured for.
        for server in (verify, haproxy, go):
            load.run(server, forged, 1, refused=True)
        measured = load.interleaved(
            options.rounds,
            {
                "NIO floor": lambda: load.run(floor, script, options.seconds),
                "Innkeeper, verify only": lambda: load.run(verify, script, options.seconds),
                "HAProxy jwt_verify": lambda: load.run(haproxy, script, options.seconds),
                "Go, golang-jwt": lambda: load.run(go, script, options.seconds),
                "NIO floor and one RS256": lambda: load.run(refusing, script, options.seconds),
                "Innkeeper, forged": lambda: load.run(verify, forged, options.seconds, refused=True),
            },
        )
    cost = {name: values["processor_us"] for name, values in measured.items()}
    rate = {name: values["requests_per_second"] for name, values in measured.items()}
    # What no way of refusing a wrong signature can avoid.
    refusal = cost["NIO floor and one RS256"]
    ours, theirs = "Innkeeper, verify only", "HAProxy jwt_verify"
    return {
        "measured": measured,
        "rows": [
            row("CPU per request, verify only / HAProxy", "<= 0.5", cost[ours] / cost[theirs], 0.5),
            row("CPU per request, verify only / NIO floor", "<= 1.35", cost[ours] / cost["NIO floor"], 1.35),
            row("requests per second, verify only / HAProxy", ">= 1.6", rate[ours] / rate[theirs], 1.6, at_most=False),
            row("CPU of a forged token / RS256 + NIO floor", "<= 1.5", cost["Innkeeper, forged"] / refusal, 1.5),
        ],
    }
