"""Customers of an add-on, each with one call under way at a time, and the add-on's own code, which writes down what comes."""

import asyncio
import json
import sys
import pathlib
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "bench"))
from platform_load import post, webhook


class Receiver:
    """What was delivered, in the order in which it came: each event once, and how often it came again."""

    def __init__(self):
        self.first, self.ids, self.again = {}, {}, 0
        self.order = {}

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                fields = {name.lower(): value for name, value in fields.items()}
                body = json.loads(await reader.readexactly(int(fields["content-length"])))
                self.note(fields, body)
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()

    def note(self, fields, body):
        stream = fields["innkeeper-workspace-id"], fields["innkeeper-addon-id"]
        what = body.get("sequence") or fields["innkeeper-event-type"]
        if (stream, what) in self.first:
            self.again += 1
        else:
            self.first[stream, what] = time.monotonic()
            self.order.setdefault(stream, []).append(what)
        self.ids.setdefault((stream, what), set()).add(fields["webhook-id"])


class Report:
    """What was acknowledged, and what must not have been."""

    def __init__(self):
        self.acknowledged, self.unknown, self.refused = {}, 0, 0
        self.wrong, self.last, self.longest = [], 0.0, 0.0

    def note(self, stream, what):
        now = time.monotonic()
        if self.acknowledged:
            self.longest = max(self.longest, now - self.last)
        self.last = now
        self.acknowledged.setdefault(stream, []).append(what)

    @property
    def count(self):
        return sum(map(len, self.acknowledged.values()))


class Tenant:
    """A workspace that installs, works, uninstalls, and installs again."""

    # Seconds for one lifecycle call: many times the longest pause ever measured.
    patience = 120

    def __init__(self, number, platform, port, report, webhooks=40, pause=0.02):
        self.workspace, self.platform, self.port, self.report = f"ws-{number}", platform, port, report
        self.webhooks, self.pause, self.stream = webhooks, pause, None
        self.connection = None

    async def exchange(self, request):
        """The status; nil when nobody knows what became of it."""
        try:
            if self.connection is None:
                self.connection = await asyncio.open_connection("127.0.0.1", self.port)
            reader, writer = self.connection
            writer.write(request)
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)).decode()
            length = [line for line in head.lower().split("\r\n") if line.startswith("content-length:")]
            if length:
                await reader.readexactly(int(length[0].split(":")[1]))
            if "connection: close" in head.lower():
                self.hang_up()
            return int(head.split()[1])
        except (asyncio.IncompleteReadError, asyncio.TimeoutError, ConnectionError, OSError):
            self.hang_up()
            return None

    def hang_up(self):
        if self.connection:
            self.connection[1].close()
        self.connection = None

    async def insist(self, make):
        """What the platform sends once is sent here until it is acknowledged."""
        begun = time.monotonic()
        while time.monotonic() - begun < self.patience:
            status = await self.exchange(make())
            if status == 204:
                return
            if status not in (None, 502, 503, 504):
                self.report.wrong.append(f"{self.workspace}: a lifecycle call was answered {status}")
            await asyncio.sleep(0.05)
        raise RuntimeError(f"{self.workspace}: nobody acknowledged a call in {self.patience} s")

    async def live(self, end):
        generation, sequence = 0, 0
        while not end.is_set():
            addon = f"inst-{self.workspace}-{generation}"
            stream = self.workspace, addon
            token = await asyncio.to_thread(self.platform.token, self.workspace, addon)
            installed = await asyncio.to_thread(self.installed, addon, token)
            await self.insist(lambda: installed)
            self.report.note(stream, "addon.installed")
            for _ in range(self.webhooks):
                if end.is_set():
                    break
                sequence += 1
                status = await self.exchange(webhook(self.workspace, token, sequence))
                if status == 204:
                    self.report.note(stream, sequence)
                elif status in (None, 502, 503, 504):
                    self.report.unknown += status is None or status == 502
                    self.report.refused += status in (503, 504)
                else:
                    self.report.wrong.append(f"{self.workspace}: a webhook was answered {status}")
                await asyncio.sleep(self.pause)
            deleted = await asyncio.to_thread(self.deleted, addon)
            await self.insist(lambda: deleted)
            self.report.note(stream, "addon.deleted")
            for _ in range(3):
                sequence += 1
                if await self.exchange(webhook(self.workspace, token, sequence)) == 204:
                    self.report.wrong.append(f"{self.workspace}: a webhook was accepted after its DELETED")
            generation += 1
        self.hang_up()

    def installed(self, addon, token):
        body = {
            "addonId": addon, "workspaceId": self.workspace, "asUser": "user",
            "authToken": self.platform.token(self.workspace, addon, backendUrl="https://api.clockify.me/api"),
            "apiUrl": "https://api.clockify.me/api",
            "webhooks": [{"path": "/webhooks/time-entries", "webhookType": "ADDON", "authToken": token}],
        }
        return self.lifecycle("installed", addon, body)

    def deleted(self, addon):
        return self.lifecycle("deleted", addon, {"addonId": addon, "workspaceId": self.workspace})

    def lifecycle(self, path, addon, body):
        now = int(time.time())
        token = self.platform.token(self.workspace, addon, iat=now, exp=now + 1800)
        return post(f"/lifecycle/{path}", {"X-Addon-Lifecycle-Token": token}, json.dumps(body).encode())


def judge(report, receiver):
    """Everything that is wrong with what was delivered."""
    wrong = list(report.wrong)
    for stream, acknowledged in report.acknowledged.items():
        came = receiver.order.get(stream, [])
        places = {what: place for place, what in enumerate(came)}
        missing = [what for what in acknowledged if what not in places]
        if missing:
            wrong.append(f"{stream}: {len(missing)} acknowledged and not delivered, such as {missing[0]}")
        known = [what for what in acknowledged if what in places]
        if known != sorted(known, key=places.__getitem__):
            wrong.append(f"{stream}: delivered in another order than acknowledged")
    for (stream, what), ids in receiver.ids.items():
        # A webhook is sent once, whatever becomes of it; a lifecycle call until it is acknowledged.
        if isinstance(what, int) and len(ids) > 1:
            wrong.append(f"{stream}: webhook {what} is in the store {len(ids)} times")
    return wrong
