import Marketplace
package import Sealing

/// What a row of authority says, as far as it decides: the parts that its MAC covers, in an order that is part of the stored
/// form. What only describes (times, names of users) is left out, and so is what is sealed itself.
package struct AuthorityClaim: Sendable {
    /// Which row.
    package let subject: AuthoritySubject
    /// What it says.
    let parts: [String]

    /// An installation: whose it is, where it stands, where its API is, which token set counts, how new the INSTALLED was
    /// that brought it, and which tokens it was ever given.
    package static func installation(
        _ id: InstallationID, number: InstallationNumber, status: InstallationStatus, apiURL: String,
        tokenSet: TokenSet,
        issuedAt: Int64?, handedOut: Digest?
    ) -> AuthorityClaim {
        var parts = [
            id.addonKey.text, id.workspaceID.text, id.addonID.text, status.rawValue, apiURL, tokenSet.description,
            text(issuedAt),
        ]
        // Left out where there is none: so are the MACs of rows from before there were any.
        if let handedOut { parts.append(text(handedOut.bytes)) }
        return AuthorityClaim(subject: .installation(number), parts: parts)
    }

    /// An API key: what it may do, where and until when, the hash that knows its secret again, and whether it was revoked.
    package static func apiKey(_ id: String, _ grant: APIKeyGrant, hash: [UInt8], isRevoked: Bool) -> AuthorityClaim {
        var parts = [
            grant.scopes.map(\.rawValue).sorted().joined(separator: " "), text(hash), isRevoked ? "revoked" : "",
        ]
        // Left out where there is neither: so are the MACs of keys from before there were any.
        if grant.addons != nil || grant.expiresAt != nil {
            parts += [grant.addonList, text(grant.expiresAt?.milliseconds)]
        }
        return AuthorityClaim(subject: .apiKey(id), parts: parts)
    }

    /// A storage key: whether it may open and wrap.
    package static func storageKey(_ id: StorageKeyID, state: StorageKeyState) -> AuthorityClaim {
        AuthorityClaim(subject: .storageKey(id), parts: [state.rawValue])
    }

    /// A rotation: from which key to which, how deep, and whether and when it ended.
    package static func rotation(number: Int64, plan: RotationPlan, finishedAt: Timestamp?) -> AuthorityClaim {
        AuthorityClaim(
            subject: .rotation(number),
            parts: [
                plan.from.description, plan.to.description, plan.reencrypt ? "reencrypt" : "",
                text(finishedAt?.milliseconds),
            ])
    }

    /// The store as a whole: whether anything of an older form may still count.
    package static func deployment(_ form: StoreForm) -> AuthorityClaim {
        AuthorityClaim(subject: .deployment, parts: [String(form.rawValue)])
    }

    private static func text(_ number: Int64?) -> String { number.map { String($0) } ?? "" }

    /// Hexadecimal numbers with spaces between. Made for every row that is judged, so byte by byte.
    private static func text(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(3 * bytes.count)
        for byte in bytes {
            if !text.isEmpty { text.append(UInt8(ascii: " ")) }
            if byte >= 16 { text.append(digits[Int(byte >> 4)]) }
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// How far a store has been brought up to date.
package enum StoreForm: Int64, Sendable {
    /// Rows without a MAC and values of version 1 still count: those that were there before they had either.
    case mixed = 1
    /// Neither counts any more.
    case current = 2
}
