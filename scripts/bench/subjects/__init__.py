"""One file for each subject. A subject measures and returns {"measured": …, "rows": …}."""

from subjects import webhook, webhook_store

SUBJECTS = {
    "webhook": webhook.measure,
    "webhook-store": webhook_store.measure,
}
