extension StandInPlatform {
    /// A token of one kind with the claims the platform is known to give it (protocol.md sections 1.1 to 1.5). `now` is
    /// in unix seconds; `backendURL` goes into installation and user tokens, `issued` into a webhook's, which has no time else:
    /// one that was given to the same installation at another time.
    package func token(
        _ kind: TokenKind, for addonKey: AddonKey, workspace: WorkspaceID, addon: AddonID, now: Int64,
        backendURL: String = KnownPlatform.clockify.apiURL, issued: Int64? = nil
    ) throws(Failure) -> String {
        var claims: [(String, JSONValue)] = [
            ("iss", .string(KnownPlatform.clockify.issuer)), ("sub", .string(addonKey.text)),
            ("type", .string(KnownPlatform.clockify.tokenType)), ("workspaceId", .string(workspace.text)),
            ("addonId", .string(addon.text)),
        ]
        switch kind {
        case .webhook: if let issued { claims.append(("iat", .number(String(issued)))) }
        case .lifecycle: claims += Self.lifetime(from: now, seconds: 300)
        case .installation:
            claims += Self.access(backendURL)
            // A hundred years, as seen in a live token.
            claims += [("exp", .number(String(now + 3_155_760_000)))]
        case .user:
            claims += Self.access(backendURL) + Self.lifetime(from: now, seconds: 1800)
            claims += [
                ("language", .string("EN")), ("theme", .string("DEFAULT")), ("workspaceRole", .string("OWNER")),
            ]
        }
        return try sign(claims: claims)
    }

    private static func access(_ backendURL: String) -> [(String, JSONValue)] {
        [("user", .string("standinuser00000000000001")), ("backendUrl", .string(backendURL))]
    }

    private static func lifetime(from now: Int64, seconds: Int64) -> [(String, JSONValue)] {
        [("iat", .number(String(now))), ("exp", .number(String(now + seconds)))]
    }
}
