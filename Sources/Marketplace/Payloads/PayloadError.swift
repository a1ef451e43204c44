/// Why the body of a genuine lifecycle call is not what its route needs. Carries field names, never a value.
package enum PayloadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not JSON.
    case notJSON
    /// JSON, but not an object: the ids that say whom it is about can only stand in one.
    case notObject
    /// A required field is absent.
    case missing(PayloadField)
    /// A field holds the wrong kind of value.
    case wrongType(PayloadField)
    /// A field that decides comes twice.
    case repeated(PayloadField)
    /// A field's text is longer than what it stands for can be.
    case tooLong(PayloadField)
    /// An id that is not 1 to 64 characters of `[A-Za-z0-9_-]`.
    case badID(PayloadField)
    /// More than 256 webhooks.
    case tooManyWebhooks

    package var description: String {
        switch self {
        case .notJSON: "the body is not JSON"
        case .notObject: "the body is not a JSON object"
        case .missing(let field): "\(field.rawValue) is missing"
        case .wrongType(let field): "\(field.rawValue) has the wrong type"
        case .repeated(let field): "\(field.rawValue) comes twice"
        case .tooLong(let field): "\(field.rawValue) is too long"
        case .badID(let field): "\(field.rawValue) is not an id"
        case .tooManyWebhooks: "more than \(InstalledPayload.maximumWebhooks) webhooks"
        }
    }
}

/// The fields of lifecycle bodies that are read (protocol.md section 3.2); all others are ignored.
package enum PayloadField: String, CaseIterable, Sendable {
    case addonId, workspaceId, authToken, asUser, addonUserId, apiUrl, webhooks, path, status, settings
}
