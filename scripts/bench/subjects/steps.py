"""Each step of a webhook's walk by itself: processor time and allocations, so that a regression has a place."""

import subprocess

from harness import servers, tools


def measure(options, work):
    tools.install("gcc", "libc6-dev")
    deployment = servers.Deployment(options, work)
    deployment.install(1, 200)
    counting = work / "allocations.so"
    source = tools.PROJECT / "scripts/bench/allocations.c"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", counting, source], check=True)
    keys = ["--platform-keys", deployment.public_key, "--platform-key", deployment.private_key]
    command = [deployment.bin / "Bench", "steps", "--data-dir", deployment.data, *keys, "--count", "20000"]
    steps = {}
    for line in tools.output(command, {"LD_PRELOAD": str(counting)}).splitlines():
        name, nanoseconds, allocations = line.split("\t")
        steps[name] = {"processor_ns": float(nanoseconds), "allocations": float(allocations)}
    return {"measured": steps, "rows": []}
