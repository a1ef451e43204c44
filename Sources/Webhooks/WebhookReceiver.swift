package import Installations
import Marketplace
import Sealing

/// How a webhook request ends. The ingress turns it into a status.
package enum WebhookAnswer: Sendable {
    /// In the inbox, durably.
    case accepted
    /// Authenticated, but the body is not JSON.
    case notJSON
    /// Not authenticated.
    case refused(WebhookRefusal)
    /// The inbox is full; nothing was committed.
    case full
    /// Nothing was committed.
    case unavailable(StoreError)
}

/// The walk of a webhook: admit the headers, check the body, seal it, and answer when it is in the inbox.
package struct WebhookReceiver: Sendable {
    private let authenticator: WebhookAuthenticator
    private let inbox: Inbox
    private let vault: InstallationVault
    private let ids: EventIDGenerator
    private let now: Now

    /// A receiver into `inbox`.
    package init(
        authenticator: WebhookAuthenticator, inbox: Inbox, vault: InstallationVault, ids: EventIDGenerator,
        now: @escaping Now
    ) {
        self.authenticator = authenticator
        self.inbox = inbox
        self.vault = vault
        self.ids = ids
        self.now = now
    }

    /// Judges the headers before the body is worth a byte of memory. Runs on an event loop, never blocks.
    package func admit(
        _ route: WebhookRoute, signature: String, event: String
    ) -> WebhookAdmission {
        authenticator.admit(route, signature: signature, event: event)
    }

    /// Takes an admitted webhook's body. `completion` is called once, from any thread.
    package func receive(
        _ admission: WebhookAdmission, body: [UInt8], completion: @escaping @Sendable (WebhookAnswer) -> Void
    ) {
        switch admission {
        case .refused(let refusal): completion(.refused(refusal))
        case .authenticated(let webhook): accept(webhook, body, isSecondTry: false, completion)
        case .signed(let webhook): resolve(webhook, body, isSecondTry: false, completion)
        }
    }

    /// The store must be asked, so this part leaves the event loop. The request's own deadline bounds it.
    private func resolve(
        _ webhook: SignedWebhook, _ body: [UInt8], isSecondTry: Bool,
        _ completion: @escaping @Sendable (WebhookAnswer) -> Void
    ) {
        Task {
            do throws(StoreError) {
                switch try await authenticator.resolve(webhook) {
                case .refused(let refusal): completion(.refused(refusal))
                case .authenticated(let webhook): accept(webhook, body, isSecondTry: isSecondTry, completion)
                case .signed: completion(.refused(.unknownInstallation))
                }
            } catch {
                completion(.unavailable(error))
            }
        }
    }

    private func accept(
        _ webhook: AuthenticatedWebhook, _ body: [UInt8], isSecondTry: Bool,
        _ completion: @escaping @Sendable (WebhookAnswer) -> Void
    ) {
        switch WebhookBody.inspect(body.span, for: webhook.id.workspaceID) {
        case .notJSON: return completion(.notJSON)
        case .otherWorkspace: return completion(.refused(.workspaceDiffers))
        case .accepted: break
        }
        let key: InstallationKey
        do {
            key = try vault.openKey(webhook.entry.wrappedKey, of: webhook.id, number: webhook.entry.number)
        } catch {
            // The entry may name a storage key that a rotation has replaced since: the store has the key wrapped anew.
            guard isSecondTry else {
                return resolve(authenticator.reconsider(webhook), body, isSecondTry: true, completion)
            }
            return completion(.unavailable(error))
        }
        let receivedAt = now()
        let id = ids.next(at: receivedAt)
        let event = InboxEvent(
            id: id, installation: webhook.entry.number, tokenSet: webhook.entry.tokenSet, installationKey: key.id,
            type: webhook.event.text, receivedAt: receivedAt, body: key.seal(body, in: webhook.id.context(.event(id))))
        inbox.append(event) { outcome in
            switch outcome {
            case .appended: completion(.accepted)
            case .full: completion(.full)
            case .unavailable(let error): completion(.unavailable(error))
            case .outdated where isSecondTry: completion(.refused(.unknownInstallation))
            case .outdated:
                // The token set changed between the comparison and the commit: judged once more by what is stored now.
                resolve(authenticator.reconsider(webhook), body, isSecondTry: true, completion)
            }
        }
    }
}
