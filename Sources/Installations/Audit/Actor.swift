/// Who does something that the audit log keeps.
package enum Actor: Hashable, Sendable {
    /// The platform, by an authenticated lifecycle call.
    case platform
    /// An operator on this machine, through `innkeeper.sock`, by numeric user id.
    case local(userID: UInt32)
    /// A client of the operator listener, by the id of its API key.
    case apiKey(String)
    /// Innkeeper itself.
    case system

    /// The form in the audit log.
    package var text: String {
        switch self {
        case .platform: return "platform"
        case .local(let userID): return "local:\(userID)"
        case .apiKey(let id): return "api-key:\(id)"
        case .system: return "system"
        }
    }
}
