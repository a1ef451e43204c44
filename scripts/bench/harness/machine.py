"""What a figure must be read with."""

import os
import pathlib
import time


def describe():
    model = [line for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cores": os.cpu_count(),
        "model": model[0].split(":")[1].strip() if model else "unknown",
        # Others at work: above zero before the first round, nobody had the machine alone.
        "load_before": os.getloadavg()[0],
    }
