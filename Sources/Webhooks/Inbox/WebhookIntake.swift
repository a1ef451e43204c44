package import Installations
import Marketplace
import Sealing

/// Where authenticated webhooks go.
package protocol WebhookIntake: Sendable {
    /// Takes a webhook in for good, unless its request withdraws it before. Called on an event loop, so it must not block.
    /// `completion` is called once: at once, or later on `queue`.
    func accept(
        _ webhook: AuthenticatedWebhook, body: [UInt8], ticket: WriteTicket?, on queue: any CompletionQueue,
        completion: @escaping @Sendable (IntakeOutcome) -> Void)
}

/// How taking a webhook in ends.
package enum IntakeOutcome: Sendable {
    /// Durably committed.
    case committed
    /// What accepted it is no longer in force: to be judged anew by what the store has now. With what to answer should
    /// that help nothing.
    case outdated(WebhookAnswer)
    /// A bound is reached; nothing was committed.
    case full(InboxBound)
    /// The store failed; nothing was committed.
    case unavailable(StoreError)
}

/// Seals a webhook's body under its installation's key and puts it into the inbox.
package struct SealingIntake: WebhookIntake {
    private let inbox: Inbox
    private let vault: InstallationVault
    private let ids: EventIDGenerator
    private let now: Now

    /// An intake into `inbox`.
    package init(inbox: Inbox, vault: InstallationVault, ids: EventIDGenerator, now: @escaping Now) {
        self.inbox = inbox
        self.vault = vault
        self.ids = ids
        self.now = now
    }

    package func accept(
        _ webhook: AuthenticatedWebhook, body: [UInt8], ticket: WriteTicket?, on queue: any CompletionQueue,
        completion: @escaping @Sendable (IntakeOutcome) -> Void
    ) {
        let event: InboxEvent
        do {
            event = try seal(webhook, body, ticket, at: now())
        } catch {
            // The entry may name a storage key that a rotation has replaced since: the store has the key wrapped anew.
            return completion(.outdated(.unavailable(error)))
        }
        inbox.append(event, on: queue, completion: completion)
    }

    private func seal(
        _ webhook: AuthenticatedWebhook, _ body: [UInt8], _ ticket: WriteTicket?, at receivedAt: Timestamp
    ) throws(StoreError) -> InboxEvent {
        let key = try vault.openKey(webhook.entry.wrappedKey, of: webhook.id, number: webhook.entry.number)
        let id = ids.next(at: receivedAt)
        return InboxEvent(
            id: id, installation: webhook.entry.number, tokenSet: webhook.entry.tokenSet, installationKey: key.id,
            type: webhook.event.text, receivedAt: receivedAt,
            body: key.seal(body, in: webhook.id.context(.event(id, type: webhook.event.text))), ticket: ticket,
            // `try?`: the key was replaced or retired in this very moment, and the webhook is judged anew.
            sealedAgain: { try? seal(webhook, body, ticket, at: receivedAt) })
    }
}
