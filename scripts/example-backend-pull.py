#!/usr/bin/env python3
"""An add-on's own code that pulls its events: leases, handles, acknowledges. Needs nothing but Python.

    INNKEEPER_API_KEY=ik_... python3 scripts/example-backend-pull.py --addon sample-addon

The API key needs the scope 'events': innkeeper api-keys create --name worker --scope events
Start as many as you like: each installation's events still come one at a time and in order.
"""

import argparse
import json
import os
import time
import urllib.error
import urllib.request


def handle(event):
    """Your code goes here. An event may come again, with the same id, when an acknowledgement got lost."""
    print(f"{event['type']} of workspace {event['workspaceId']}, attempt {event['attempt']}: {event['body']}", flush=True)


class Innkeeper:
    def __init__(self, url, key):
        self.url, self.key = url, key

    def post(self, path, **body):
        """Asks the operator API; returns its JSON, or None for an answer without one."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/events/{path}",
            data=json.dumps(body).encode(),
            headers={"authorization": f"Bearer {self.key}", "content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.loads(response.read() or b"null")


def settle(innkeeper, event, lease, answer):
    try:
        innkeeper.post(f"{event['id']}/{answer}", leaseId=lease["leaseId"])
    except urllib.error.HTTPError as error:
        if error.code != 409:  # 409: the lease ran out, and the event is somebody else's now.
            raise


def work(innkeeper, addon):
    while True:
        try:
            # Waits up to 30 seconds for an event. What is not acknowledged in time is given to somebody else.
            lease = innkeeper.post("lease", addonKey=addon, max=10, leaseSeconds=60, waitSeconds=30)
            for event in lease["events"]:
                try:
                    handle(event)
                    answer = "ack"
                except Exception as error:
                    print(f"failed: {error}", flush=True)
                    answer = "nack"  # Comes again, later and later, for about three days.
                settle(innkeeper, event, lease, answer)
        except urllib.error.HTTPError as error:
            print(f"innkeeper answers {error.code}: {error.read().decode()}", flush=True)
            time.sleep(5)
        except OSError as error:
            print(f"innkeeper cannot be reached: {error}", flush=True)
            time.sleep(5)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Pulls and acknowledges events of an add-on.")
    parser.add_argument("--addon", required=True, help="the add-on's key")
    parser.add_argument("--url", default="http://127.0.0.1:8081", help="the operator listener")
    arguments = parser.parse_args()
    work(Innkeeper(arguments.url, os.environ["INNKEEPER_API_KEY"]), arguments.addon)
