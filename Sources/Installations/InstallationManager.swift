package import Marketplace

/// The use cases of an installation's life: what the platform's lifecycle calls and an operator's `forget` do.
package struct InstallationManager: Sendable {
    let store: any InstallationStore
    let audit: any AuditStore
    private let verifier: TokenVerifier
    private let bodies: LifecycleBodies
    private let directory: TokenDirectory
    private let handedOut: HandedOutTokens
    private let rate: ChangeRate
    let readings: RateLimiter
    let hosts: PlatformHosts
    let now: Now

    /// A manager for the add-ons of `manifests`.
    ///
    /// - Parameters:
    ///   - rate: How often an installation may change.
    ///   - readings: How often somebody may ask for tokens.
    package init(
        store: any InstallationStore, audit: any AuditStore, verifier: TokenVerifier, directory: TokenDirectory,
        handedOut: HandedOutTokens, manifests: [Manifest], hosts: PlatformHosts, rate: ChangeRate = ChangeRate(),
        readings: RateLimiter = RateLimiter(perMinute: 60, burst: 30), now: @escaping Now
    ) {
        self.store = store
        self.audit = audit
        self.verifier = verifier
        self.directory = directory
        self.handedOut = handedOut
        self.rate = rate
        self.readings = readings
        self.hosts = hosts
        bodies = LifecycleBodies(verifier: verifier, handedOut: handedOut, manifests: manifests, hosts: hosts)
        self.now = now
    }

    /// Authenticates the header of a lifecycle request, before its body is worth a byte of memory. One RSA operation; it
    /// runs on an event loop.
    package func authenticate(
        _ header: String, for addonKey: AddonKey
    ) -> Result<AuthenticatedLifecycle, LifecycleRefusal> {
        do {
            let token = try verifier.lifecycle(header, for: addonKey, now: now().seconds)
            return .success(
                AuthenticatedLifecycle(
                    id: token.claims.installationID,
                    token: PresentedToken(header, issuedAt: token.issuedAt, by: handedOut)))
        } catch {
            return .failure(LifecycleRefusal(error, of: header))
        }
    }

    /// Handles the body of an authenticated lifecycle request. Answers only after the commit.
    ///
    /// Whatever the body says, a token that was handed out is refused for that: by the store in the transaction of the
    /// call, or here when the body does not get that far.
    package func receive(
        _ type: LifecycleType, from caller: AuthenticatedLifecycle, body: [UInt8]
    ) async -> LifecycleAnswer {
        let call: LifecycleCall
        do {
            call = try bodies.call(type, from: caller, body: body, now: now())
        } catch {
            return await refuse(error, from: caller)
        }
        if rate.refuses(call) { return .tooMany }
        do {
            let decision = try await perform(call)
            rate.count(call, decision)
            switch decision {
            case .refuse: return .conflict
            case .refuseStoredToken: return .refused(.storedToken)
            case .refuseStaleToken: return .refused(.staleToken)
            default: return .committed(decision)
            }
        } catch {
            return .unavailable(error)
        }
    }

    /// Answers a call whose body is not taken, after asking what the store would have asked.
    private func refuse(_ error: any Error, from caller: AuthenticatedLifecycle) async -> LifecycleAnswer {
        do {
            if try await store.wasHandedOut(caller.token.digest, for: caller.id) { return .refused(.storedToken) }
        } catch {
            return .unavailable(error)
        }
        switch error {
        case let refusal as LifecycleRefusal: return .refused(refusal)
        case let error as PayloadError: return .malformed(error)
        default: return .malformed(.notJSON)
        }
    }

    /// Commits a call, and has the token set in memory go that it may have changed.
    func perform(_ call: LifecycleCall) async throws(StoreError) -> LifecycleDecision {
        let decision: LifecycleDecision
        do {
            decision = try await store.perform(call)
        } catch {
            if case .outcomeUnknown = error { directory.evict(call.id) }
            throw error
        }
        // Evicted, not updated: the next webhook loads what the store has, whatever order calls commit in. Superseded
        // siblings stay in memory until then; the inbox refuses them, because it asks the store in its transaction.
        // Not for a token that was handed out: whoever has seen one could keep the installation out of memory with it.
        if decision != .refuseStoredToken { directory.evict(call.id) }
        return decision
    }
}

/// Proof that a lifecycle request carries a genuine token of this installation, perhaps one of the wrong kind.
package struct AuthenticatedLifecycle: Sendable {
    /// The installation the token is about.
    package let id: InstallationID
    /// The token, not yet told from those that were handed out.
    let token: PresentedToken
}
