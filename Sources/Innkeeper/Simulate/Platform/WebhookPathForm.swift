import Marketplace

/// How INSTALLED writes `webhooks[].path`: three ways are known (protocol.md section 6).
enum WebhookPathForm: String, CaseIterable, Sendable {
    /// `//webhooks/projects`, as seen live.
    case doubleSlash = "double-slash"
    /// `/webhooks/projects`, as in the manifest.
    case manifest
    /// `https://addon.example.com/webhooks/projects`.
    case url

    /// A manifest path in this form.
    func text(_ path: RoutePath, in manifest: Manifest) -> String {
        switch self {
        case .doubleSlash: "/" + path.text
        case .manifest: path.text
        case .url: String(manifest.baseURL.reversed().drop { $0 == "/" }.reversed()) + path.text
        }
    }
}
