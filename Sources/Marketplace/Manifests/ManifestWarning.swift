/// What is legal in a manifest and probably a mistake. Texts are safe to print.
package enum ManifestWarning: Hashable, Sendable, CustomStringConvertible {
    /// Without a version the platform takes the latest schema, whichever that is.
    case noSchemaVersion
    /// A schema version that no public source describes.
    case unknownSchemaVersion(String)
    /// An event that is in no public list.
    case unknownEvent(EventType, field: String)
    /// An event that the declared schema version lacks: the platform will refuse the manifest.
    case eventNotInSchema(EventType, version: String, field: String)
    /// The same event and path twice.
    case duplicateWebhook(EventType, RoutePath, field: String)
    /// No route for this lifecycle call.
    case missingLifecycle(LifecycleType)
    /// Requests and the tokens in them would cross the network in clear text.
    case plainHTTP

    package var description: String {
        switch self {
        case .noSchemaVersion:
            "schemaVersion: missing; the platform then takes its latest schema. Set it, such as \"1.6\""
        case .unknownSchemaVersion(let version):
            "schemaVersion: \"\(version)\" is not a known version"
        case .unknownEvent(let event, let field):
            "\(field): \(event) is not a known event; check the spelling"
        case .eventNotInSchema(let event, let version, let field):
            "\(field): schema version \(version) does not have \(event); use a newer schemaVersion"
        case .duplicateWebhook(let event, let path, let field):
            "\(field): \(event) on \(path) is declared twice; remove one"
        case .missingLifecycle(.installed):
            "lifecycle: no INSTALLED; without it no token is ever received"
        case .missingLifecycle(.deleted):
            "lifecycle: no DELETED; without it uninstalls go unnoticed and secrets stay"
        case .missingLifecycle(let type):
            "lifecycle: no \(type.rawValue)"
        case .plainHTTP:
            "baseUrl: http sends tokens in clear text; use https"
        }
    }
}
