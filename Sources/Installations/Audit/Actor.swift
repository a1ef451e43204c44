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

    /// Reads that form; nil for anything else.
    package init?(text: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        switch parts.first {
        case "platform" where parts.count == 1: self = .platform
        case "system" where parts.count == 1: self = .system
        case "api-key" where parts.count == 2: self = .apiKey(parts[1])
        case "local":
            guard parts.count == 2, let userID = UInt32(parts[1]) else { return nil }
            self = .local(userID: userID)
        default: return nil
        }
    }
}
