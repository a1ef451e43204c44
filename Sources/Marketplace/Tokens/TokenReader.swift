/// A token whose form and claims are right and whose signature nobody has checked. It proves nothing: anyone can write
/// one. Only a `TokenVerifier` turns it into a proof.
package struct UnverifiedToken: Sendable, CustomStringConvertible, CustomReflectable {
    /// What it claims.
    package let claims: TokenClaims
    /// Whether it carries a claim that only user tokens carry.
    let hasUserClaims: Bool
    let jws: CompactJWS

    /// Never the token.
    package var description: String { "unverified token" }
    /// Never the token.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Reads tokens without any key: cheap enough to happen before the signature is checked.
package enum TokenReader {
    /// How far the platform's clock may differ from ours, in seconds.
    package static let clockSkew: Int64 = 60

    /// Claims that only user tokens carry (protocol.md section 1.3).
    package static let userClaims = ["workspaceRole", "language", "theme"]

    /// Reads a token that should be one of `addonKey`'s. `now` is in unix seconds; `exp` and `nbf` count when they are
    /// there, neither is required.
    package static func read(
        _ token: String, for addonKey: AddonKey, now: Int64
    ) throws(TokenRefusal) -> UnverifiedToken {
        let jws = try CompactJWS(token)
        let claims = try CompactJWS.object(jws.payload)
        guard claims["iss"]?.string?.hasSameBytes(as: "clockify") == true else { throw .issuer }
        guard claims["type"]?.string?.hasSameBytes(as: "addon") == true else { throw .type }
        guard claims["sub"]?.string?.hasSameBytes(as: addonKey.text) == true else { throw .subject }
        if let expiry = try time(claims["exp"]), Double(now) >= expiry + Double(clockSkew) { throw .expired }
        if let start = try time(claims["nbf"]), Double(now) + Double(clockSkew) < start { throw .notYetValid }
        let read = TokenClaims(
            addonKey: addonKey, workspaceID: try id(claims["workspaceId"]), addonID: try id(claims["addonId"]),
            backendURL: claims["backendUrl"]?.string)
        let hasUserClaims = userClaims.contains { claims[$0] != nil }
        return UnverifiedToken(claims: read, hasUserClaims: hasUserClaims, jws: jws)
    }

    /// The names of a token's claims, for the log of a `userClaims` refusal: at most 32, each cut at 64 characters, in
    /// printable ASCII. Values are never part of it. Empty when the token cannot be read.
    package static func claimNames(_ token: String) -> [String] {
        do throws(TokenRefusal) {
            let members = try CompactJWS.object(try CompactJWS(token).payload).members
            return members.prefix(32).map { member in
                String(String.UnicodeScalarView(member.name.unicodeScalars.prefix(64).map { printable($0) }))
            }
        } catch {
            return []  // The refusal itself was logged already; there are no names to add.
        }
    }

    /// A NumericDate (RFC 7519 section 2), which may have a fraction; compared as `Double`, so no number can trap.
    private static func time(_ value: JSONValue?) throws(TokenRefusal) -> Double? {
        guard let value else { return nil }
        guard case .number(let source) = value, let seconds = Double(source), seconds.isFinite else { throw .badTime }
        return seconds
    }

    private static func id<Kind>(_ value: JSONValue?) throws(TokenRefusal) -> OpaqueID<Kind> {
        guard let value else { throw .missingID }
        guard let text = value.string, let id = OpaqueID<Kind>(text) else { throw .badID }
        return id
    }

    private static func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        (0x20..<0x7F).contains(scalar.value) ? scalar : "?"
    }
}
