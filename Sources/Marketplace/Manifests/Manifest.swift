/// One add-on's manifest: what the server needs from it, and its bytes as they are served.
///
/// Unknown fields are kept in `bytes` and otherwise ignored: the schema grows without notice (protocol.md section 4).
package struct Manifest: Sendable {
    /// More webhooks than this are an error; the platform itself allows 20.
    package static let maximumWebhooks = 256

    /// A lifecycle route. `path` is without the base path.
    package struct LifecyclePath: Hashable, Sendable {
        /// Where the call arrives.
        package let path: RoutePath
        /// Which call it is.
        package let type: LifecycleType
    }

    /// A webhook route. `path` is without the base path.
    package struct WebhookPath: Hashable, Sendable {
        /// The event.
        package let event: EventType
        /// Where it arrives.
        package let path: RoutePath
    }

    /// The add-on's key.
    package let key: AddonKey
    /// The add-on's name, for people.
    package let name: String
    /// Where the platform finds the add-on, as the manifest writes it.
    package let baseURL: String
    /// The path part of `baseURL`; all other paths lie below it.
    package let basePath: RoutePath
    /// The declared schema version; nil when there is none.
    package let schemaVersion: String?
    /// The lifecycle routes, in order.
    package let lifecycle: [LifecyclePath]
    /// The webhook routes, in order; the same one twice is possible.
    package let webhooks: [WebhookPath]
    /// What is probably a mistake.
    package let warnings: [ManifestWarning]
    /// The file's bytes.
    package let bytes: [UInt8]

    /// Reads a manifest file; throws the first thing that keeps it from being served.
    package init(_ bytes: [UInt8]) throws(ManifestError) {
        let reader = ManifestReader(object: try ManifestReader.object(bytes))
        key = try reader.key()
        name = try reader.name()
        (baseURL, basePath) = try reader.baseURL()
        schemaVersion = try reader.schemaVersion()
        lifecycle = try reader.lifecycle()
        webhooks = try reader.webhooks(besides: lifecycle)
        warnings = ManifestWarning.all(
            baseURL: baseURL, schemaVersion: schemaVersion, lifecycle: lifecycle, webhooks: webhooks)
        self.bytes = bytes
    }

    /// The events declared for each webhook path.
    package var webhookEvents: [RoutePath: Set<EventType>] {
        webhooks.reduce(into: [:]) { $0[$1.path, default: []].insert($1.event) }
    }

    /// The manifest path that an entry of INSTALLED's `webhooks` means; nil when the manifest has no such webhook.
    ///
    /// The entry is a full URL, which contains the base path, or a path, which may not (protocol.md section 6). Each is
    /// tried in its likelier reading first.
    package func webhookPath(matching wire: String) -> RoutePath? {
        guard let path = RoutePath.normalise(wire) else { return nil }
        let isURL = URLText.authority(of: Array(wire.utf8)[...]) != nil
        let readings = isURL ? [path.without(basePath), path] : [path, path.without(basePath)]
        return readings.lazy.compactMap { $0 }.first { reading in webhooks.contains { $0.path == reading } }
    }
}
