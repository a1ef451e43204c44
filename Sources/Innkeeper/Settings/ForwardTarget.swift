/// Where one add-on's events are delivered: `forward.<add-on key>` in `innkeeper.json`.
struct ForwardTarget: Hashable, Sendable {
    /// An `http` or `https` URL.
    let url: String
    /// The file with the Standard Webhooks signing secret.
    let secretFile: String

    /// Whether a text is a URL that deliveries can go to. A user part is refused: it would be a secret in a setting
    /// that is shown.
    static func isURL(_ text: String) -> Bool {
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return false }
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
            let authority = text.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
            return !authority.isEmpty && !authority.hasPrefix(":") && !authority.contains("@") && !text.contains("#")
        }
        return false
    }
}
