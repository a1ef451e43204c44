extension ManifestWarning {
    /// Every warning about a manifest that can be served, in the order of its fields.
    static func all(
        baseURL: String, schemaVersion: String?, lifecycle: [Manifest.LifecyclePath], webhooks: [Manifest.WebhookPath]
    ) -> [ManifestWarning] {
        var warnings: [ManifestWarning] = []
        if isPlainHTTP(baseURL) { warnings.append(.plainHTTP) }
        if let schemaVersion {
            if !knownVersions.contains(schemaVersion) { warnings.append(.unknownSchemaVersion(schemaVersion)) }
        } else {
            warnings.append(.noSchemaVersion)
        }
        for type in [LifecycleType.installed, .deleted] where !lifecycle.contains(where: { $0.type == type }) {
            warnings.append(.missingLifecycle(type))
        }
        let schemaEvents = schemaVersion.flatMap(EventType.schemaEvents)
        var seen: Set<Manifest.WebhookPath> = []
        for (index, webhook) in webhooks.enumerated() {
            let field = "webhooks[\(index)].event"
            if !EventType.known.contains(webhook.event) {
                warnings.append(.unknownEvent(webhook.event, field: field))
            } else if let schemaVersion, let schemaEvents, !schemaEvents.contains(webhook.event) {
                warnings.append(.eventNotInSchema(webhook.event, version: schemaVersion, field: field))
            }
            if !seen.insert(webhook).inserted {
                warnings.append(.duplicateWebhook(webhook.event, webhook.path, field: "webhooks[\(index)]"))
            }
        }
        return warnings
    }

    /// The versions any public source names (protocol.md section 4.1).
    private static let knownVersions: Set<String> = [
        "1.0", "1.0.1", "1.0.2", "1.1", "1.2", "1.3", "1.4", "1.5", "1.5.1", "1.6",
    ]

    /// Whether a request to this URL would leave the machine without TLS.
    private static func isPlainHTTP(_ url: String) -> Bool {
        let bytes = Array(url.utf8)
        guard let authority = URLText.authority(of: bytes[...]), authority.lowerBound == "http://".utf8.count else {
            return false
        }
        let host = URLText.lowercased(bytes[authority])
        let local = ["localhost", "127.0.0.1", "[::1]"]
        return !local.contains { host == $0 || host.hasPrefix($0 + ":") }
    }
}
