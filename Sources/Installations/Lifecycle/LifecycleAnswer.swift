package import Marketplace

/// How a lifecycle request ends. The ingress turns it into a status; the reason goes to the log and the metric only.
package enum LifecycleAnswer: Sendable {
    /// Committed; the decision says what changed, if anything.
    case committed(LifecycleDecision)
    /// INSTALLED for an installation that already ended.
    case conflict
    /// Authenticated, but the body is not what the route needs.
    case malformed(PayloadError)
    /// Not authenticated.
    case refused(LifecycleRefusal)
    /// The installation was changed too often of late; nothing was committed.
    case tooMany
    /// Nothing was committed; the platform may try again.
    case unavailable(StoreError)
}

/// Why a lifecycle request was not believed.
package enum LifecycleRefusal: Error, Sendable {
    /// The lifecycle token itself.
    case token(TokenRefusal)
    /// A genuine token with claims that only user tokens carry.
    case userClaims(names: [String], isInner: Bool)
    /// The body names another workspace or installation than the token.
    case idsDiffer
    /// The token is one that was handed out as an installation or webhook token.
    case storedToken
    /// The token of an INSTALLED is older than that of the newest accepted one.
    case staleToken
    /// A token inside INSTALLED is not genuine.
    case innerToken(TokenRefusal)
    /// A token inside INSTALLED is genuine, but of another installation.
    case innerTokenOfAnother

    /// A refusal of a token, `isInner` when it is one inside INSTALLED. What the platform puts into its lifecycle tokens is
    /// not documented, so a genuine token refused for its user claims keeps the names of its claims for the operator.
    init(_ refusal: TokenRefusal, of token: String, isInner: Bool = false) {
        switch refusal {
        case .userClaims: self = .userClaims(names: TokenReader.claimNames(token), isInner: isInner)
        default: self = isInner ? .innerToken(refusal) : .token(refusal)
        }
    }

    /// For the log line, beside the word: names of claims, printable, bounded, never a value.
    package var detail: String? {
        guard case .userClaims(let names, _) = self else { return nil }
        return "claims: " + names.joined(separator: " ")
    }

    /// The closed word for logs and metrics.
    package var label: String {
        switch self {
        case .token(let refusal): return refusal.rawValue
        case .userClaims(_, let isInner): return (isInner ? "inner_" : "") + TokenRefusal.userClaims.rawValue
        case .idsDiffer: return "ids_differ"
        case .storedToken: return "stored_token"
        case .staleToken: return "stale_token"
        case .innerToken(let refusal): return "inner_" + refusal.rawValue
        case .innerTokenOfAnother: return "inner_of_another"
        }
    }
}
