/// Turns tokens into proofs: the trusted keys and the rule against user tokens.
///
/// Reading and verifying are two steps, because a webhook token that is byte-identical to one that was verified before
/// needs no second RSA operation.
package struct TokenVerifier: Sendable {
    /// The keys that count as the platform's.
    package let keys: TrustedKeys
    /// Whether a token with a claim that only user tokens carry is refused.
    package let refuseUserClaims: Bool

    /// A verifier. Switch `refuseUserClaims` off only if the platform puts these claims into lifecycle tokens, whose
    /// claims it does not document: with it off, every workspace member can forge lifecycle calls.
    package init(keys: TrustedKeys, refuseUserClaims: Bool = true) {
        self.keys = keys
        self.refuseUserClaims = refuseUserClaims
    }

    /// Proves a token that came as `X-Addon-Lifecycle-Token`.
    package func lifecycle(_ token: UnverifiedToken) throws(TokenRefusal) -> LifecycleToken {
        LifecycleToken(claims: try verify(token), issuedAt: token.issuedAt)
    }

    /// Proves a token that came as INSTALLED's `authToken`.
    package func installation(_ token: UnverifiedToken) throws(TokenRefusal) -> InstallationToken {
        InstallationToken(claims: try verify(token))
    }

    /// Proves a token that came as `clockify-signature` or as a `webhooks[].authToken`.
    package func webhook(_ token: UnverifiedToken) throws(TokenRefusal) -> WebhookToken {
        WebhookToken(claims: try verify(token))
    }

    /// Reads and proves a lifecycle token.
    package func lifecycle(
        _ token: String, for addonKey: AddonKey, now: Int64
    ) throws(TokenRefusal) -> LifecycleToken {
        try lifecycle(try TokenReader.read(token, for: addonKey, now: now))
    }

    /// Reads and proves an installation token.
    package func installation(
        _ token: String, for addonKey: AddonKey, now: Int64
    ) throws(TokenRefusal) -> InstallationToken {
        try installation(try TokenReader.read(token, for: addonKey, now: now))
    }

    /// Reads and proves a webhook token.
    package func webhook(_ token: String, for addonKey: AddonKey, now: Int64) throws(TokenRefusal) -> WebhookToken {
        try webhook(try TokenReader.read(token, for: addonKey, now: now))
    }

    private func verify(_ token: UnverifiedToken) throws(TokenRefusal) -> TokenClaims {
        guard token.jws.isSigned(by: keys) else { throw .signature }
        // After the signature, so that `userClaims` in the log means a genuine token in the wrong place, not any noise.
        if refuseUserClaims, token.hasUserClaims { throw .userClaims }
        return token.claims
    }
}

/// Proof that a lifecycle call carried a genuine token. Only a `TokenVerifier` makes one.
package struct LifecycleToken: Sendable {
    /// What the token says.
    package let claims: TokenClaims
    /// When it was signed, in unix seconds; nil when it does not say.
    package let issuedAt: Int64?

    fileprivate init(claims: TokenClaims, issuedAt: Int64?) {
        self.claims = claims
        self.issuedAt = issuedAt
    }
}

/// Proof that a platform API token is genuine. Holds no secret text. Only a `TokenVerifier` makes one.
package struct InstallationToken: Sendable {
    /// What the token says.
    package let claims: TokenClaims
    fileprivate init(claims: TokenClaims) { self.claims = claims }
}

/// Proof that a webhook token is genuine. Holds no secret text. Only a `TokenVerifier` makes one.
package struct WebhookToken: Sendable {
    /// What the token says.
    package let claims: TokenClaims
    fileprivate init(claims: TokenClaims) { self.claims = claims }
}
