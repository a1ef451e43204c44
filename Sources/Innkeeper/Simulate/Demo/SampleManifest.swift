/// The manifest of the demo and of `scripts/run`, byte for byte `scripts/sample-manifest.json`. In the code because an
/// installed binary has no scripts beside it.
///
/// It has what real manifests have and naive servers get wrong: several events on one path, and one event on two paths.
enum SampleManifest {
    /// The add-on's key in it.
    static let key = "sample-addon"

    /// The file's text.
    static let text = """
        {
          "schemaVersion": "1.5",
          "key": "sample-addon",
          "name": "Sample add-on",
          "description": "Stands in for an add-on of yours.",
          "baseUrl": "https://addon.example.com",
          "minimalSubscriptionPlan": "FREE",
          "scopes": ["TIME_ENTRY_READ", "PROJECT_READ", "TASK_READ", "INVOICE_READ"],
          "lifecycle": [
            { "type": "INSTALLED", "path": "/lifecycle/installed" },
            { "type": "STATUS_CHANGED", "path": "/lifecycle/status-changed" },
            { "type": "SETTINGS_UPDATED", "path": "/lifecycle/settings-updated" },
            { "type": "DELETED", "path": "/lifecycle/deleted" }
          ],
          "webhooks": [
            { "event": "NEW_TIME_ENTRY", "path": "/webhooks/time-entries" },
            { "event": "TIME_ENTRY_UPDATED", "path": "/webhooks/time-entries" },
            { "event": "TIME_ENTRY_DELETED", "path": "/webhooks/time-entries" },
            { "event": "NEW_TIME_ENTRY", "path": "/webhooks/billing" },
            { "event": "NEW_INVOICE", "path": "/webhooks/billing" },
            { "event": "NEW_PROJECT", "path": "/webhooks/projects" },
            { "event": "NEW_TASK", "path": "/webhooks/tasks" }
          ]
        }

        """
}
