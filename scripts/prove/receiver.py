#!/usr/bin/env python3
"""A receiver that may be killed at any moment: it writes down what came before it answers. For the proof of delivery."""

import argparse
import json
import os
import random
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        line = f"{self.headers['webhook-id']} {self.headers['innkeeper-workspace-id']} {body.get('sequence', 0)}\n"
        os.write(self.server.log, line.encode())  # One write to a file opened for appending: never half a line.
        self.send_response(500 if random.random() < self.server.failures else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", required=True)
    parser.add_argument("--failures", type=float, default=0.02, help="the part of answers that is 500")
    arguments = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", arguments.port), Receiver)
    server.log = os.open(arguments.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    server.failures = arguments.failures
    print(f"receiving at http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
