import Marketplace

/// An API key that somebody may have made, out of what they wrote.
package struct NewAPIKey: Sendable {
    /// Add-ons that a key can be bound to.
    private static let maximumAddons = 64

    /// Why there is no such key. Each says what to write instead.
    package enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        /// Its name is empty or too long, or a scope is none, or there is none.
        case nameOrScopes
        /// It is bound to no add-on, to too many, or to what is no add-on's key.
        case addons
        /// It would be an administrator's and bound to add-ons: that one could make itself a key that is not.
        case boundAdministrator
        /// It would have ended already, or at no time that there is.
        case end

        package var description: String {
            switch self {
            case .nameOrScopes:
                let known = Scope.allCases.map(\.rawValue).joined(separator: ", ")
                return "name must have 1 to 64 characters, scopes must be some of: \(known)"
            case .addons: return "addons must be 1 to \(maximumAddons) add-on keys; leave it out for all"
            case .boundAdministrator:
                return "a key with the scope admin cannot be bound to add-ons: it could make itself one that is not"
            case .end: return "expiresAt must be an RFC 3339 time to come"
            }
        }
    }

    /// What its owner calls it.
    package let name: String
    /// What it gives.
    package let grant: APIKeyGrant

    /// Judges what was written.
    ///
    /// - Parameters:
    ///   - addons: What it is bound to; nil for all. An empty list is none and not all: whoever sends one has lost a selection
    ///     on the way.
    ///   - expiresAt: When it ends, as RFC 3339 writes it; nil for never.
    package init(
        name: String, scopes: [String], addons: [String]?, expiresAt: String?, now: Timestamp
    ) throws(Problem) {
        let known = scopes.compactMap { Scope(rawValue: $0) }
        guard (1...64).contains(name.unicodeScalars.count), !known.isEmpty, known.count == scopes.count else {
            throw .nameOrScopes
        }
        self.name = name
        grant = APIKeyGrant(
            scopes: Set(known), addons: try Self.bound(to: addons, known), expiresAt: try Self.end(expiresAt, now))
    }

    private static func bound(to texts: [String]?, _ scopes: [Scope]) throws(Problem) -> Set<AddonKey>? {
        guard let texts else { return nil }
        let addons = texts.compactMap { AddonKey($0) }
        guard (1...maximumAddons).contains(texts.count), addons.count == texts.count else { throw .addons }
        guard !scopes.contains(.admin) else { throw .boundAdministrator }
        return Set(addons)
    }

    private static func end(_ text: String?, _ now: Timestamp) throws(Problem) -> Timestamp? {
        guard let text else { return nil }
        guard let time = Timestamp(rfc3339: text), time > now else { throw .end }
        return time
    }
}
