import Marketplace

/// A manifest's text with one field changed or left out.
enum ManifestText {
    static func make(
        key: String = #""time-tracker""#, name: String = #""Time tracker""#,
        baseURL: String = #""https://addon.example.com""#, version: String? = #""1.6""#,
        lifecycle: String = #"[{"path":"/installed","type":"INSTALLED"},{"path":"/deleted","type":"DELETED"}]"#,
        webhooks: String = #"[{"event":"NEW_PROJECT","path":"/webhooks/projects/"}]"#, more: String = ""
    ) -> [UInt8] {
        let version = version.map { #""schemaVersion":\#($0),"# } ?? ""
        return Array(
            """
            {\(version)"key":\(key),"name":\(name),"baseUrl":\(baseURL),
            "lifecycle":\(lifecycle),
            "webhooks":\(webhooks)\(more)}
            """.utf8)
    }
}
