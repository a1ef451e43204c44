"""The platform and the add-on's own code for benchmarks: signs with a stand-in key, sends webhooks, receives deliveries.

Nothing but Python's standard library and openssl. Sender and receiver speak only as much HTTP as both sides here need,
so that they cost little of the two cores they share with the server.
"""

import asyncio
import base64
import json
import subprocess
import time


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Platform:
    """Signs what the platform would sign for the sample add-on."""

    addon = "sample-addon"

    def __init__(self, private_key):
        self.private_key = private_key

    def token(self, workspace, addon_id, **more):
        claims = {"iss": "clockify", "type": "addon", "sub": self.addon, "workspaceId": workspace, "addonId": addon_id}
        parts = [{"alg": "RS256", "typ": "JWT"}, claims | more]
        signed = ".".join(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
        command = ["openssl", "dgst", "-sha256", "-sign", self.private_key]
        signature = subprocess.run(command, input=signed.encode(), capture_output=True, check=True).stdout
        return f"{signed}.{base64url(signature)}"

    def install(self, number):
        """An installation: its workspace, its webhook token, and the request that installs it."""
        workspace, addon_id = f"bench-{number}", f"bench-inst-{number}"
        now = int(time.time())
        # The platform's webhook tokens of one installation are all the same bytes (protocol.md section 1.4).
        webhook = self.token(workspace, addon_id)
        body = {
            "addonId": addon_id,
            "workspaceId": workspace,
            "authToken": self.token(workspace, addon_id, backendUrl="https://api.clockify.me/api"),
            "asUser": "user",
            "apiUrl": "https://api.clockify.me/api",
            "webhooks": [{"path": "/webhooks/time-entries", "webhookType": "ADDON", "authToken": webhook}],
        }
        lifecycle = self.token(workspace, addon_id, iat=now, exp=now + 600)
        request = post("/lifecycle/installed", {"X-Addon-Lifecycle-Token": lifecycle}, json.dumps(body).encode())
        return workspace, webhook, request


def post(path, headers, body):
    lines = [f"POST {path} HTTP/1.1", "Host: addon.example.com", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def webhook(workspace, token, sequence, size=600):
    body = json.dumps({"workspaceId": workspace, "sequence": sequence, "text": "x" * size}).encode()
    return post(
        "/webhooks/time-entries",
        {"clockify-signature": token, "clockify-webhook-event-type": "NEW_TIME_ENTRY"},
        body,
    )


class Sender(asyncio.Protocol):
    """One connection that sends requests and counts answers of 204, which are all alike."""

    def __init__(self):
        self.buffer, self.waiting, self.answered, self.drained = b"", [], None, asyncio.Event()

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, error):
        self.transport = None
        self.drained.set()

    def data_received(self, data):
        self.buffer += data
        now = time.monotonic()
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            if not self.buffer.startswith(b"HTTP/1.1 204"):
                raise SystemExit(f"the server answers: {self.buffer[:40]!r}")
            self.buffer = self.buffer[end + 4 :]
            key = self.waiting.pop(0)
            if self.answered is not None:
                self.answered[key] = now
        if len(self.waiting) < 8:
            self.drained.set()

    def send(self, request, key):
        self.waiting.append(key)
        self.transport.write(request)

    async def send_all(self, requests):
        """Keeps a few requests under way until all are answered."""
        for key, request in requests:
            while len(self.waiting) >= 16:
                self.drained.clear()
                await self.drained.wait()
            self.send(request, key)
        while self.waiting and self.transport:
            await asyncio.sleep(0.001)


async def connect(port, count):
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Sender, "127.0.0.1", port))[1] for _ in range(count)]


class Receiver:
    """The add-on's own code: answers 204 at once, except to one workspace that may hang. Webhooks of other workspaces,
    from a sequence number on, are counted, unless nothing is."""

    def __init__(self, special=None, hangs=False, from_sequence=0, counts=True):
        self.special, self.hangs, self.from_sequence, self.counts = special, hangs, from_sequence, counts
        self.arrived, self.count, self.first, self.last = {}, 0, None, None
        self.changed = asyncio.Event()

    async def start(self):
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(lambda: Receiving(self), "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def wait_for(self, count):
        while self.count < count:
            self.changed.clear()
            await self.changed.wait()

    def note(self, head, body):
        """Returns whether to answer."""
        workspace = head.split(b"innkeeper-workspace-id: ", 1)[1].split(b"\r\n", 1)[0].decode()
        if workspace == self.special:
            return not self.hangs
        if self.counts and b"innkeeper-event-type: new_time_entry" in head:
            now = time.monotonic()
            start = body.index(b'"sequence": ') + 12
            key = (workspace, int(body[start : body.index(b",", start)]))
            if key[1] >= self.from_sequence and key not in self.arrived:
                self.first, self.last = self.first or now, now
                self.arrived[key] = now
                self.count += 1
                self.changed.set()
        return True


class Receiving(asyncio.Protocol):
    def __init__(self, receiver):
        self.receiver, self.buffer = receiver, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            length = int(head.split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
            if len(self.buffer) < end + 4 + length:
                return
            body, self.buffer = self.buffer[end + 4 : end + 4 + length], self.buffer[end + 4 + length :]
            if self.receiver.note(head, body):
                self.transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")
