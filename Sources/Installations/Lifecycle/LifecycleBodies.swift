import Marketplace
import Sealing

/// Turns the body of an authenticated lifecycle request into a call, believing of it only what the signed claims
/// agree with.
struct LifecycleBodies: Sendable {
    let verifier: TokenVerifier
    let handedOut: HandedOutTokens
    let manifests: [AddonKey: Manifest]
    let hosts: PlatformHosts

    init(verifier: TokenVerifier, handedOut: HandedOutTokens, manifests: [Manifest], hosts: PlatformHosts) {
        self.verifier = verifier
        self.handedOut = handedOut
        self.hosts = hosts
        self.manifests = Dictionary(manifests.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The call a body asks for.
    ///
    /// - Throws: `PayloadError` when the body is not what the route needs, `LifecycleRefusal` when it is not believed.
    func call(
        _ type: LifecycleType, from caller: AuthenticatedLifecycle, body: [UInt8], now: Timestamp
    ) throws -> LifecycleCall {
        let reader = try PayloadReader(body)
        return LifecycleCall(
            id: caller.id, change: try change(type, from: caller, reader, now: now),
            payload: TokenRedaction.redactTokens(reader), receivedAt: now, actor: .platform, token: caller.token)
    }

    private func change(
        _ type: LifecycleType, from caller: AuthenticatedLifecycle, _ reader: PayloadReader, now: Timestamp
    ) throws -> LifecycleChange {
        let id = caller.id
        switch type {
        case .installed:
            let payload = try InstalledPayload(reader)
            try check(payload.workspaceID, payload.addonID, against: id)
            return .installed(try request(payload, of: caller, now: now))
        case .statusChanged:
            let payload = try StatusChangedPayload(reader)
            try check(payload.workspaceID, payload.addonID, against: id)
            return .statusChanged(payload.status)
        case .settingsUpdated:
            let payload = try SettingsUpdatedPayload(reader)
            try check(payload.workspaceID, payload.addonID, against: id)
            return .settingsUpdated(SecretBytes(payload.settings))
        case .deleted:
            let payload = try DeletedPayload(reader)
            try check(payload.workspaceID, payload.addonID, against: id)
            return .deleted
        }
    }

    /// The body is not signed: another workspace's id in it is an attempt at that workspace.
    private func check(
        _ workspaceID: WorkspaceID, _ addonID: AddonID, against id: InstallationID
    ) throws(LifecycleRefusal) {
        guard workspaceID == id.workspaceID, addonID == id.addonID else { throw .idsDiffer }
    }

    private func request(
        _ payload: InstalledPayload, of caller: AuthenticatedLifecycle, now: Timestamp
    ) throws(LifecycleRefusal) -> InstallRequest {
        let id = caller.id
        let claims = try genuine(payload.authToken, from: caller) { (token) throws(TokenRefusal) in
            try verifier.installation(token, for: id.addonKey, now: now.seconds).claims
        }
        var (grants, unroutable): ([WebhookGrant], [SecretBytes]) = ([], [])
        var verified: TokenText?
        for webhook in payload.webhooks {
            // The platform's claims and RS256 make all webhook tokens of an installation the same bytes (protocol.md section
            // 1.4), and the same bytes are verified once: at the same time, with the same keys, nothing else could come out.
            if verified?.isRepeated(by: webhook.authToken) != true {
                _ = try genuine(webhook.authToken, from: caller) { (token) throws(TokenRefusal) in
                    try verifier.webhook(token, for: id.addonKey, now: now.seconds).claims
                }
                verified = webhook.authToken
            }
            // A path the manifest does not know is kept under its own name: it matches no route, and the operator sees it.
            let known = manifests[id.addonKey]?.webhookPath(matching: webhook.path)
            let token = SecretBytes(utf8: webhook.authToken.reveal())
            // One that is no path at all could never match a request, so its token could never count. Paths lie in the store in
            // the clear, so none of them may hold a token.
            guard let path = known ?? .normalise(webhook.path), !TokenFinder.isAny(in: path.text) else {
                unroutable.append(token)
                continue
            }
            let wirePath = TokenFinder.isAny(in: webhook.path) ? path.text : webhook.path
            grants.append(WebhookGrant(path: path, wirePath: wirePath, token: token))
        }
        let apiURL = APIURL.choose(claim: claims.backendURL, body: payload.apiURL, allowed: hosts)
        return InstallRequest(
            token: SecretBytes(utf8: payload.authToken.reveal()), apiURL: apiURL?.text ?? "",
            addonUserID: payload.addonUserID ?? "", asUser: payload.asUser ?? "", webhooks: grants,
            unroutable: unroutable)
    }

    /// A token inside INSTALLED must be the platform's and of this very installation: stored as it is, it will open the
    /// door to webhooks and to the API. And it must not be the one that the call itself came with: one token that somebody
    /// has seen, of an installation never heard of, would otherwise install it and supersede the one there is.
    private func genuine(
        _ token: TokenText, from caller: AuthenticatedLifecycle,
        _ verify: (String) throws(TokenRefusal) -> TokenClaims
    ) throws(LifecycleRefusal) -> TokenClaims {
        let claims: TokenClaims
        do {
            claims = try verify(token.reveal())
        } catch {
            throw LifecycleRefusal(error, of: token.reveal(), isInner: true)
        }
        guard claims.installationID == caller.id else { throw .innerTokenOfAnother }
        guard !caller.token.matches(handedOut.digest(of: token.reveal())) else { throw .storedToken }
        return claims
    }
}
