"""The console over a large store, in both engines: what each page takes and how large it is; what a hundred open pages take, and
what they do to webhooks."""

import contextlib
import http.cookiejar
import json
import re
import statistics
import threading
import time
import urllib.parse
import urllib.request

from harness import clusters, load, servers, tools
from harness.rows import row

SENDERS, OPEN_PAGES, QUIET = 200, 100, 20
PAGES = [
    "overview", "overview?window=30d", "installations", "installations?status=DELETED", "events", "events?state=dead",
    "events?type=NEW_PROJECT", "events?addonKey=sample-addon&state=pending", "targets", "keys", "audit", "access"]


def measure(options, work):
    work.chmod(0o711)
    tools.install("wrk", "postgresql")
    cluster = clusters.Cluster(work / "cluster")
    cluster.make()
    try:
        return compare(options, work, cluster)
    finally:
        cluster.stop()


def compare(options, work, cluster):
    deployment = servers.Deployment(options, work)
    # The inbox is full of what was put there: webhooks must find room.
    settings = json.loads((deployment.data / "innkeeper.json").read_text())
    settings["inbox"] = {"maxEvents": 10_000_000}
    (deployment.data / "innkeeper.json").write_text(json.dumps(settings))
    deployment.bench(
        "seed", "--data-dir", deployment.data, "--installations", options.installations - SENDERS, "--events", 1)
    deployment.install(options.installations - SENDERS + 1, SENDERS)
    script = work / "load.lua"
    script.write_text(deployment.load_script(options.installations - SENDERS + 1, SENDERS) + load.REPORT)
    database = deployment.moved(work / "moved", clusters.url(cluster))
    measured, rows = {}, []
    for name, one in {"SQLite": deployment, "PostgreSQL": database}.items():
        with one.serve(name) as server:
            visit = log_in(server, one.api_key)
            for page in PAGES:
                visit(page)
                times, sizes = zip(*(visit(page) for _ in range(options.rounds)))
                measured[f"{name}: /{page}"] = {"ms": statistics.median(times), "KiB": max(sizes) / 1024}
            slowest = max(value["ms"] for key, value in measured.items() if key.startswith(name))
            largest = max(value["KiB"] for key, value in measured.items() if key.startswith(name))
            rows += [
                row(f"{name}: ms of the slowest page, with {options.installations} installations", "< 30", slowest, 30),
                row(f"{name}: KiB of the largest page", "< 60", largest, 60)]
            rows += live(options, name, server, script, one.api_key)
    return {"measured": measured, "rows": rows}


def live(options, name, server, script, key):
    idle = share(server)
    with pages(server, key):
        shown = share(server)

    def beside():
        with pages(server, key):
            return load.run(server, script, options.seconds)

    both = load.interleaved(
        options.rounds, {"alone": lambda: load.run(server, script, options.seconds), "beside": beside})
    ratio = both["beside"]["p99_ms"] / both["alone"]["p99_ms"]
    return [
        row(f"{name}: % of a core for {OPEN_PAGES} open pages", "< 1", (shown - idle) * 100, 1),
        row(f"{name}: p99 of a webhook beside them / alone", "< 1.05", ratio, 1.05)]


def share(server):
    """Of one core, over some quiet seconds."""
    begun, before = time.monotonic(), server.processor_seconds()
    time.sleep(QUIET)
    return (server.processor_seconds() - before) / (time.monotonic() - begun)


def browser(server, key):
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with opener.open(f"{server.operators}/login") as answer:
        csrf = re.search(r'name="csrf" value="([^"]+)"', answer.read().decode()).group(1)
    form = urllib.parse.urlencode({"csrf": csrf, "key": key, "next": "/targets"}).encode()
    with opener.open(f"{server.operators}/login", form) as answer:
        answer.read()
    return opener


def log_in(server, key):
    opener = browser(server, key)

    def visit(page):
        begun = time.monotonic()
        with opener.open(f"{server.operators}/{page}") as answer:
            body = answer.read()
        return (time.monotonic() - begun) * 1000, len(body)

    return visit


@contextlib.contextmanager
def pages(server, key):
    """So many open pages, of a few browsers, that hear news until the end."""
    end, streams = threading.Event(), []

    def listen(stream):
        while not end.is_set() and stream.readline():
            pass

    for _ in range(OPEN_PAGES // 20):
        opener = browser(server, key)
        streams += [opener.open(f"{server.operators}/live") for _ in range(20)]
    threads = [threading.Thread(target=listen, args=(stream,), daemon=True) for stream in streams]
    for thread in threads:
        thread.start()
    yield
    end.set()
    for stream in streams:
        stream.close()
