"""Processor time of a webhook in a large store against a small one."""

from harness import load, servers, tools
from harness.rows import row

SENDERS, SMALL = 1000, 1000


def measure(options, work):
    tools.install("wrk")
    deployments = {}
    for count in (SMALL, options.installations):
        place = work / str(count)
        place.mkdir()
        deployment = servers.Deployment(options, place)
        # The senders are part of the count.
        deployment.seed(count - SENDERS)
        deployment.install(count - SENDERS + 1, SENDERS)
        script = place / "load.lua"
        script.write_text(deployment.load_script(count - SENDERS + 1, SENDERS) + load.REPORT)
        deployments[count] = deployment, script
    (small, small_script), (large, large_script) = deployments.values()
    with small.serve("small") as small_server, large.serve("large") as large_server:
        names = [f"{count} installations" for count in deployments]
        measured = load.interleaved(
            options.rounds,
            {
                names[0]: lambda: load.run(small_server, small_script, options.seconds),
                names[1]: lambda: load.run(large_server, large_script, options.seconds),
            },
        )
    ratio = measured[names[1]]["processor_us"] / measured[names[0]]["processor_us"]
    what = f"CPU per webhook, {options.installations} / {SMALL} installations"
    return {"measured": measured, "rows": [row(what, "<= 1.3", ratio, 1.3)]}
