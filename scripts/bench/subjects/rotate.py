"""A rotation of the storage key against a plain UPDATE of the same rows in the same batches."""

import json
import statistics

from harness import servers
from harness.rows import row


def measure(options, work):
    deployment = servers.Deployment(options, work)
    deployment.seed(options.installations)
    place = ["--data-dir", deployment.data, "--scratch", work]
    output = deployment.bench("rotate", *place, "--rounds", options.rounds, "--shallow")
    result = json.loads(output.splitlines()[-1])
    seconds = {
        name: statistics.median(result[key])
        for name, key in [
            ("plain UPDATE", "plainUpdateSeconds"), ("rewrap", "rewrapSeconds"), ("rotate", "rotateSeconds"),
        ]
    }
    ratio = seconds["rotate"] / seconds["plain UPDATE"]
    return {
        "measured": {name: {"seconds": value} for name, value in seconds.items()},
        "rounds": result,
        "rows": [row(f"keys rotate / plain UPDATE of {options.installations}", "<= 1.5", ratio, 1.5)],
    }
