"""Resident memory of an installation with 5 webhooks in the token directory."""

import statistics

from harness import tools
from harness.rows import row


def measure(options, work):
    command = [f"{options.bin}/Bench", "memory", "--webhooks", "5", "--installations"]
    rounds = [int(tools.output([*command, str(200_000)])) for _ in range(options.rounds)]
    measured = statistics.median(rounds)
    return {
        "rounds": rounds,
        "rows": [row("resident bytes of an installation with 5 webhooks", "<= 600", measured, 600)],
    }
