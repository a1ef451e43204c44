"""One file for each subject. A subject measures and returns {"measured": …, "rows": …}."""

from subjects import bloat, console, growth, install, list, memory, rotate, start, steps, store
from subjects import latency_during_rotation, webhook, webhook_store

SUBJECTS = {
    "webhook": webhook.measure,
    "webhook-store": webhook_store.measure,
    "steps": steps.measure,
    "install": install.measure,
    "rotate": rotate.measure,
    "latency-during-rotation": latency_during_rotation.measure,
    "list": list.measure,
    "memory": memory.measure,
    "start": start.measure,
    "growth": growth.measure,
    "store": store.measure,
    "bloat": bloat.measure,
    "console": console.measure,
}
