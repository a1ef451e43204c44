"""The load: wrk, whose Lua script is made by `Bench load-script`."""

import statistics
import subprocess
import time

# wrk calls it at the end, in a Lua state of its own.
REPORT = """
done = function(summary, latency, requests)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d %d %d\\n", summary.requests, summary.duration, summary.errors.status,
    failed, latency:percentile(50), latency:percentile(90), latency:percentile(99)))
end
"""


def run(server, script, seconds, connections=64, refused=False):
    """One round against one server. Every answer must be a success, or with `refused` none."""
    processor = server.processor_seconds()
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), server.url]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    # What is under way when wrk ends belongs to its requests.
    time.sleep(0.2)
    processor = server.processor_seconds() - processor
    line = next(line for line in output.splitlines() if line.startswith("RESULT "))
    requests, duration, unsuccessful, failed, p50, p90, p99 = map(int, line.split()[1:])
    if failed or requests == 0 or unsuccessful != (requests if refused else 0):
        raise SystemExit(f"bench: {server.name} answered not as it must:\n{output}")
    return {
        "requests": requests,
        "requests_per_second": requests / duration * 1e6,
        "processor_us": processor / requests * 1e6,
        "p50_ms": p50 / 1000,
        "p90_ms": p90 / 1000,
        "p99_ms": p99 / 1000,
    }


def interleaved(rounds, contestants):
    """Medians of `rounds` in which each contestant has its turn; a first turn of each is not counted."""
    measured = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, measure in contestants.items():
            result = measure()
            if number > 0:
                measured[name].append(result)
    return {
        name: {key: statistics.median(one[key] for one in results) for key in results[0]} | {"rounds": results}
        for name, results in measured.items()
    }
