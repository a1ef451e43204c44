import Dispatch
package import Installations
package import Marketplace
package import Metrics
import Sealing

/// Tells genuine webhook requests from all others.
///
/// The order of work is the defence: claims, then the confirmed digests in memory, then RS256, then the others in memory,
/// then the store. A forged token never reaches the store. A stored token is confirmed by the first webhook whose own
/// token was verified and is equal to it; equality with a confirmed one is enough.
package struct WebhookAuthenticator: Sendable {
    private let verifier: TokenVerifier
    private let directory: TokenDirectory
    private let loader: CredentialLoader
    private let refused: RefusedTokens
    private let now: Now
    private let seconds: Metrics.Timer

    /// An authenticator over the token directory.
    ///
    /// - Parameter refused: Told of signed webhooks of live installations that have none of their tokens.
    package init(
        verifier: TokenVerifier, directory: TokenDirectory, loader: CredentialLoader,
        refused: RefusedTokens = RefusedTokens(), now: @escaping Now,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.verifier = verifier
        self.directory = directory
        self.loader = loader
        self.refused = refused
        self.now = now
        seconds = Metrics.Timer(label: Metric.authenticationSeconds.rawValue, factory: metrics)
    }

    /// Judges the two headers. Never blocks, never suspends: it runs on an event loop.
    package func admit(
        _ route: WebhookRoute, signature: String, event name: String
    ) -> WebhookAdmission {
        let start = DispatchTime.now().uptimeNanoseconds
        defer { seconds.recordNanoseconds(DispatchTime.now().uptimeNanoseconds - start) }
        guard let event = EventType(name), route.events.contains(event) else { return .refused(.eventNotOnRoute) }
        do {
            let token = try TokenReader.read(signature, for: route.addonKey, now: now().seconds)
            let id = token.claims.installationID
            let digest = directory.digest(of: signature)
            let entry = directory.find(id)
            if let entry, entry.accepts(digest, on: route.path) {
                return .authenticated(
                    AuthenticatedWebhook(id: id, event: event, route: route, digest: digest, entry: entry))
            }
            // Unknown installation and wrong token take the same way from here: neither is told apart by its time.
            _ = try verifier.webhook(token)
            let webhook = SignedWebhook(id: id, event: event, route: route, digest: digest)
            if let entry, let known = confirm(webhook, in: entry) { return .authenticated(known) }
            return .signed(webhook)
        } catch {
            return .refused(.token(error))
        }
    }

    /// Judges a signed webhook by what the store has now.
    package func resolve(_ webhook: SignedWebhook) async throws(StoreError) -> WebhookAdmission {
        guard let entry = try await loader.load(webhook.id) else { return .refused(.unknownInstallation) }
        guard let known = confirm(webhook, in: entry) else {
            refused.note(entry.number, entry.tokenSet, at: now())
            return .refused(.tokenNotOnRoute)
        }
        return .authenticated(known)
    }

    private func confirm(_ webhook: SignedWebhook, in entry: DirectoryEntry) -> AuthenticatedWebhook? {
        directory.confirm(webhook.digest, on: webhook.route.path, in: entry, of: webhook.id).map { entry in
            AuthenticatedWebhook(
                id: webhook.id, event: webhook.event, route: webhook.route, digest: webhook.digest, entry: entry)
        }
    }

    /// The same webhook, to be judged anew after the inbox found its token set outdated.
    func reconsider(_ webhook: AuthenticatedWebhook) -> SignedWebhook {
        directory.evict(webhook.id)
        return SignedWebhook(id: webhook.id, event: webhook.event, route: webhook.route, digest: webhook.digest)
    }
}
