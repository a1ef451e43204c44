#!/usr/bin/env python3
"""An add-on's own code that gets its events pushed: receives, verifies, answers.

    python3 -m venv venv && venv/bin/pip install standardwebhooks
    venv/bin/python scripts/example-backend-push.py --secret innkeeper-data/forward.secret --port 9000
"""

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

seen = set()  # Ids of events that were handled. A real backend keeps them where its data is, in the same transaction.


def handle(event_type, workspace, installation, event):
    """Your code goes here. The order is right: nothing of an installation comes before what was sent earlier."""
    print(f"{event_type} of workspace {workspace}, installation {installation}: {json.dumps(event)}", flush=True)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # Connections are kept: Innkeeper reuses them.

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            event = self.server.webhook.verify(body, dict(self.headers))
        except WebhookVerificationError as error:
            print(f"refused: {error}", flush=True)
            return self.answer(401)  # Not retried: it becomes a dead letter, see 'innkeeper events list --state dead'.
        event_id = self.headers["webhook-id"]
        if event_id not in seen:  # At least once: a repeated delivery carries the same id.
            try:
                handle(
                    self.headers["innkeeper-event-type"],
                    self.headers["innkeeper-workspace-id"],
                    self.headers["innkeeper-addon-id"],
                    event,
                )
            except Exception as error:
                print(f"failed: {error}", flush=True)
                return self.answer(500)  # Comes again, later and later, for about three days.
            seen.add(event_id)
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass  # A request line tells nothing here, and headers must not be logged.


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Receives, verifies and answers events of an add-on.")
    parser.add_argument("--secret", required=True, help="the file that forward.<add-on key>.secret names")
    parser.add_argument("--port", type=int, default=9000)
    arguments = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", arguments.port), Receiver)
    with open(arguments.secret) as file:
        server.webhook = Webhook(next(word for word in file.read().split() if word.startswith("whsec_")))
    print(f"receiving at http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
