/// A token whose form and claims are right and whose signature nobody has checked. It proves nothing: anyone can write
/// one. Only a `TokenVerifier` turns it into a proof.
package struct UnverifiedToken: Sendable, CustomStringConvertible, CustomReflectable {
    /// What it claims.
    package let claims: TokenClaims
    /// Whether it carries a claim that only user tokens carry.
    let hasUserClaims: Bool
    let jws: CompactJWS
    /// Where the value of `iat` lies in the payload.
    let issued: Range<Int>?

    /// When it was signed, in whole unix seconds; nil when it does not say so in a number. Asked of lifecycle tokens only,
    /// so no webhook pays for it.
    var issuedAt: Int64? {
        guard let issued else { return nil }
        let seconds = TokenReader.number(issued, jws.decoded.span.extracting(jws.payload))
        return seconds.flatMap { Int64(exactly: $0.rounded(.down)) }
    }

    /// Never the token.
    package var description: String { "unverified token" }
    /// Never the token.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Reads tokens without any key: cheap enough to happen before the signature is checked.
package enum TokenReader {
    /// How far the platform's clock may differ from ours, in seconds.
    package static let clockSkew: Int64 = 60

    /// Reads a token that should be one of `addonKey`'s. `now` is in unix seconds; `exp` and `nbf` count when they are
    /// there, neither is required.
    package static func read(
        _ token: String, for addonKey: AddonKey, now: Int64
    ) throws(TokenRefusal) -> UnverifiedToken {
        let jws = try CompactJWS(token)
        let bytes = jws.decoded.span.extracting(jws.payload)
        var claims = ClaimRanges()
        try CompactJWS.read(bytes) { claims.note($0, $1, bytes) }
        guard isString(claims.issuer, KnownPlatform.clockify.issuer, bytes) else { throw .issuer }
        guard isString(claims.type, KnownPlatform.clockify.tokenType, bytes) else { throw .type }
        guard isString(claims.subject, addonKey.text, bytes) else { throw .subject }
        if let expiry = try time(claims.expiry, bytes), Double(now) >= expiry + Double(clockSkew) { throw .expired }
        if let start = try time(claims.start, bytes), Double(now) + Double(clockSkew) < start { throw .notYetValid }
        let read = TokenClaims(
            addonKey: addonKey, workspaceID: try id(claims.workspaceID, bytes), addonID: try id(claims.addonID, bytes),
            backendURL: claims.backendURL.flatMap { text($0, bytes) })
        return UnverifiedToken(
            claims: read, hasUserClaims: claims.hasUserClaims, jws: jws, issued: claims.issued)
    }

    /// The names of a token's claims, for the log of a `userClaims` refusal: at most 32, each cut at 64 characters, in
    /// printable ASCII. Values are never part of it. Empty when the token cannot be read.
    package static func claimNames(_ token: String) -> [String] {
        do throws(TokenRefusal) {
            let jws = try CompactJWS(token)
            let bytes = jws.decoded.span.extracting(jws.payload)
            var names: [String] = []
            try CompactJWS.read(bytes) { name, _ in
                if names.count < 32 { names.append(JSONScanner.decode(name, bytes)) }
            }
            return names.map { String(String.UnicodeScalarView($0.unicodeScalars.prefix(64).map { printable($0) })) }
        } catch {
            return []  // The refusal itself was logged already; there are no names to add.
        }
    }

    private static func isString(_ value: Range<Int>?, _ word: String, _ bytes: Span<UInt8>) -> Bool {
        guard let value else { return false }
        return StrictJSON.isString(value, word, bytes)
    }

    private static func text(_ value: Range<Int>, _ bytes: Span<UInt8>) -> String? {
        guard let text = StrictJSON.string(value, bytes) else { return nil }
        return JSONScanner.decode(text, bytes)
    }

    /// A NumericDate (RFC 7519 section 2), which may have a fraction; compared as `Double`, so no number can trap.
    private static func time(_ value: Range<Int>?, _ bytes: Span<UInt8>) throws(TokenRefusal) -> Double? {
        guard let value else { return nil }
        guard let seconds = number(value, bytes), seconds.isFinite else { throw .badTime }
        return seconds
    }

    fileprivate static func number(_ value: Range<Int>, _ bytes: Span<UInt8>) -> Double? {
        switch bytes[value.lowerBound] {
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): Double(JSONScanner.source(value, bytes))
        default: nil
        }
    }

    private static func id<Kind>(_ value: Range<Int>?, _ bytes: Span<UInt8>) throws(TokenRefusal) -> OpaqueID<Kind> {
        guard let value else { throw .missingID }
        guard let text = text(value, bytes), let id = OpaqueID<Kind>(text) else { throw .badID }
        return id
    }

    private static func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        (0x20..<0x7F).contains(scalar.value) ? scalar : "?"
    }
}
