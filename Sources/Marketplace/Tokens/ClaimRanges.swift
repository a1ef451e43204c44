/// Where in a token's payload the values of the claims lie that are looked at.
struct ClaimRanges {
    private(set) var issuer: Range<Int>?
    private(set) var type: Range<Int>?
    private(set) var subject: Range<Int>?
    private(set) var expiry: Range<Int>?
    private(set) var start: Range<Int>?
    private(set) var issued: Range<Int>?
    private(set) var workspaceID: Range<Int>?
    private(set) var addonID: Range<Int>?
    private(set) var backendURL: Range<Int>?
    /// Whether there is a claim that only user tokens carry (protocol.md section 1.3).
    private(set) var hasUserClaims = false

    /// Enters one claim. Each name comes once: `StrictJSON.inspect` sees to it.
    mutating func note(_ name: JSONScanner.Text, _ value: Range<Int>, _ bytes: Span<UInt8>) {
        @inline(__always)
        func isNamed(_ claim: String) -> Bool { JSONScanner.matches(name, claim, bytes) }
        if isNamed("iss") { issuer = value }
        if isNamed("type") { type = value }
        if isNamed("sub") { subject = value }
        if isNamed("exp") { expiry = value }
        if isNamed("nbf") { start = value }
        if isNamed("iat") { issued = value }
        if isNamed("workspaceId") { workspaceID = value }
        if isNamed("addonId") { addonID = value }
        if isNamed("backendUrl") { backendURL = value }
        if isNamed("workspaceRole") || isNamed("language") || isNamed("theme") { hasUserClaims = true }
    }
}
