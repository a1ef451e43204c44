package import Marketplace
import Sealing

/// The use cases of an installation's life: what the platform's lifecycle calls and an operator's `forget` do.
package struct InstallationManager: Sendable {
    private let store: any InstallationStore
    private let verifier: TokenVerifier
    private let bodies: LifecycleBodies
    private let directory: TokenDirectory
    private let loader: CredentialLoader
    private let now: Now

    /// A manager for the add-ons of `manifests`.
    package init(
        store: any InstallationStore, verifier: TokenVerifier, directory: TokenDirectory, loader: CredentialLoader,
        manifests: [Manifest], hosts: PlatformHosts, now: @escaping Now
    ) {
        self.store = store
        self.verifier = verifier
        self.directory = directory
        self.loader = loader
        bodies = LifecycleBodies(verifier: verifier, manifests: manifests, hosts: hosts)
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
                AuthenticatedLifecycle(id: token.claims.installationID, digest: directory.digest(of: header)))
        } catch {
            return .failure(LifecycleRefusal(error, of: header))
        }
    }

    /// Handles the body of an authenticated lifecycle request. Answers only after the commit.
    package func receive(
        _ type: LifecycleType, from caller: AuthenticatedLifecycle, body: [UInt8]
    ) async -> LifecycleAnswer {
        let id = caller.id
        do {
            // A token this installation was given proves only that somebody has seen it; members of the workspace may.
            let known = try await entry(of: id)
            if let known, known.holds(caller.digest) { return .refused(.storedToken) }
        } catch {
            return .unavailable(error)
        }

        let call: LifecycleCall
        do {
            call = LifecycleCall(
                id: id, change: try bodies.change(type, of: id, body: body, now: now()),
                payload: try TokenRedaction.redactTokens(body.span), receivedAt: now(), actor: .platform)
        } catch let refusal as LifecycleRefusal {
            return .refused(refusal)
        } catch let error as PayloadError {
            return .malformed(error)
        } catch {
            return .malformed(.notJSON)
        }
        do {
            let decision = try await perform(call)
            return decision == .refuse ? .conflict : .committed(decision)
        } catch {
            return .unavailable(error)
        }
    }

    /// Ends an installation on an operator's word: the same effect as DELETED.
    package func forget(
        _ id: InstallationID, actor: Actor, reason: String = ""
    ) async throws(StoreError) -> LifecycleDecision {
        let payload = #"{"addonId":"\#(id.addonID.text)","workspaceId":"\#(id.workspaceID.text)"}"#
        return try await perform(
            LifecycleCall(
                id: id, change: .deleted, payload: Array(payload.utf8), receivedAt: now(), actor: actor,
                reason: reason))
    }

    private func perform(_ call: LifecycleCall) async throws(StoreError) -> LifecycleDecision {
        let decision = try await store.perform(call)
        // Forgotten, not updated: the next webhook loads what the store has, whatever order calls commit in. Superseded
        // siblings stay in memory until then; the inbox refuses them, because it asks the store in its transaction.
        directory.forget(call.id)
        return decision
    }

    private func entry(of id: InstallationID) async throws(StoreError) -> DirectoryEntry? {
        if let entry = directory.find(id) { return entry }
        return try await loader.load(id)
    }
}

/// Proof that a lifecycle request carries a genuine token of this installation.
package struct AuthenticatedLifecycle: Sendable {
    /// The installation the token is about.
    package let id: InstallationID
    /// Digest of the token, to tell it from tokens that were handed out.
    let digest: Digest
}
