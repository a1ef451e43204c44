package import Installations
import Marketplace

/// How a webhook request ends. The ingress turns it into a status.
package enum WebhookAnswer: Sendable {
    /// In the inbox, durably.
    case accepted
    /// Authenticated, but the body is not JSON.
    case notJSON
    /// Not authenticated.
    case refused(WebhookRefusal)
    /// A bound is reached; nothing was committed.
    case full(InboxBound)
    /// Nothing was committed.
    case unavailable(StoreError)
}

/// The walk of a webhook: admit the headers, check the body, and answer when it is in the inbox.
package final class WebhookReceiver: Sendable {
    private let authenticator: WebhookAuthenticator
    private let intake: any WebhookIntake

    /// A receiver that hands what is genuine to `intake`.
    package init(authenticator: WebhookAuthenticator, intake: any WebhookIntake) {
        self.authenticator = authenticator
        self.intake = intake
    }

    /// Judges the headers before the body is worth a byte of memory. Runs on an event loop, never blocks.
    package func admit(
        _ route: WebhookRoute, signature: String, event: String
    ) -> WebhookAdmission {
        authenticator.admit(route, signature: signature, event: event)
    }

    /// Takes an admitted webhook's body. `completion` is called once, from any thread; after a commit on `queue`. Whoever
    /// withdraws the ticket need not wait for it: nothing is committed then, wherever the webhook stands.
    package func receive(
        _ admission: WebhookAdmission, body: [UInt8], ticket: WriteTicket? = nil,
        on queue: any CompletionQueue = ImmediateCompletion(),
        completion: @escaping @Sendable (WebhookAnswer) -> Void
    ) {
        let request = Request(body: body, ticket: ticket, queue: queue, completion: completion)
        switch admission {
        case .refused(let refusal): completion(.refused(refusal))
        case .authenticated(let webhook): accept(webhook, request, isSecondTry: false)
        case .signed(let webhook): resolve(webhook, request, isSecondTry: false)
        }
    }

    private struct Request: Sendable {
        let body: [UInt8]
        let ticket: WriteTicket?
        let queue: any CompletionQueue
        let completion: @Sendable (WebhookAnswer) -> Void
    }

    /// The store must be asked, so this part leaves the event loop. The request's own deadline bounds it.
    private func resolve(_ webhook: SignedWebhook, _ request: Request, isSecondTry: Bool) {
        let completion = request.completion
        Task { [self] in
            do throws(StoreError) {
                switch try await authenticator.resolve(webhook) {
                case .refused(let refusal): completion(.refused(refusal))
                case .authenticated(let webhook): accept(webhook, request, isSecondTry: isSecondTry)
                case .signed: completion(.refused(.unknownInstallation))
                }
            } catch {
                completion(.unavailable(error))
            }
        }
    }

    private func accept(_ webhook: AuthenticatedWebhook, _ request: Request, isSecondTry: Bool) {
        let completion = request.completion
        if request.ticket?.isWithdrawn == true { return completion(.unavailable(.withdrawn)) }
        switch WebhookBody.inspect(request.body.span, for: webhook.id.workspaceID) {
        case .notJSON: return completion(.notJSON)
        case .otherWorkspace: return completion(.refused(.workspaceDiffers))
        case .accepted: break
        }
        intake.accept(webhook, body: request.body, ticket: request.ticket, on: request.queue) { [self] outcome in
            switch outcome {
            case .committed: completion(.accepted)
            case .full(let bound): completion(.full(bound))
            case .unavailable(let error): completion(.unavailable(error))
            case .outdated(let answer) where isSecondTry: completion(answer)
            // Nothing was appended: until the second try it may be withdrawn again.
            case .outdated where request.ticket?.release() == false: completion(.unavailable(.withdrawn))
            case .outdated: resolve(authenticator.reconsider(webhook), request, isSecondTry: true)
            }
        }
    }
}
