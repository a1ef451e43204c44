import Marketplace

/// Manifests as files hold them.
enum ManifestText {
    /// An add-on with all four lifecycle routes below `/lifecycle` and these webhooks.
    static func make(
        key: String = "test-addon", baseURL: String = "https://addon.example.com", lifecycle: String = "/lifecycle",
        webhooks: [(event: String, path: String)]
    ) -> String {
        let calls = LifecycleType.allCases.map { #"{"type":"\#($0.rawValue)","path":"\#(lifecycle)/\#($0.rawValue)"}"# }
        let hooks = webhooks.map { #"{"event":"\#($0.event)","path":"\#($0.path)"}"# }
        return """
            {"schemaVersion":"1.6","key":"\(key)","name":"Test","baseUrl":"\(baseURL)",
             "lifecycle":[\(calls.joined(separator: ","))],
             "webhooks":[\(hooks.joined(separator: ","))]}

            """
    }

    /// Every known event, on four paths.
    static let allEvents: [(event: String, path: String)] = EventType.known.map(\.text).sorted().enumerated().map {
        ($0.element, "/webhooks/\($0.offset % 4)")
    }
}
