package import Installations
package import Sealing

/// A sealed webhook on its way into the inbox.
package struct InboxEvent: Sendable {
    /// Its id, which its seal is bound to.
    package let id: EventID
    /// Row number of the installation.
    package let installation: InstallationNumber
    /// The token set that accepted it: the store appends the event only while that set is in force, in the same
    /// transaction, so nothing enters after an uninstall or by a replaced token.
    package let tokenSet: TokenSet
    /// The installation key its body is sealed under; appended only while the installation still has that key.
    package let installationKey: InstallationKeyID
    /// The event's name.
    package let type: String
    /// When it arrived.
    package let receivedAt: Timestamp
    /// The body, sealed.
    package let body: SealedValue
    /// Of its request, which may withdraw it until a transaction has taken it.
    package let ticket: WriteTicket?
    /// The same event sealed anew under a higher id: for one that was overtaken.
    package let sealedAgain: Resealing?

    /// Seals the same event anew under a fresh id; nil when its installation key cannot be opened any more.
    package typealias Resealing = @Sendable () -> InboxEvent?

    /// A sealed event.
    package init(
        id: EventID, installation: InstallationNumber, tokenSet: TokenSet, installationKey: InstallationKeyID,
        type: String,
        receivedAt: Timestamp, body: SealedValue, ticket: WriteTicket? = nil, sealedAgain: Resealing? = nil
    ) {
        self.id = id
        self.installation = installation
        self.tokenSet = tokenSet
        self.installationKey = installationKey
        self.type = type
        self.receivedAt = receivedAt
        self.body = body
        self.ticket = ticket
        self.sealedAgain = sealedAgain
    }
}

/// What became of an event in the transaction that was to append it.
package enum AppendOutcome: Hashable, Sendable {
    /// It is in the inbox.
    case appended
    /// Its token set or installation key is no longer in force.
    case outdated
    /// Its stream has an event with a higher id, which another process put there: in its place it would stand before what was
    /// answered before it came. From now on this process gives out higher ids.
    case overtaken
    /// Its request took it back before.
    case withdrawn
}

/// Where an event stands. The raw values are the contract's words, in SQL and JSON alike.
package enum EventState: String, CaseIterable, Sendable {
    case pending, leased, delivered, dead
}

/// An inbox event as an operator sees it: no body.
package struct EventSummary: Sendable {
    /// Its id.
    package let id: EventID
    /// The event's name.
    package let type: String
    /// Where it stands.
    package let state: EventState
    /// Whose it is.
    package let installation: InstallationID
    /// When it arrived.
    package let receivedAt: Timestamp
    /// Delivery attempts so far.
    package let attempts: Int

    /// An event as a store keeps it.
    package init(
        id: EventID, type: String, state: EventState, installation: InstallationID, receivedAt: Timestamp, attempts: Int
    ) {
        self.id = id
        self.type = type
        self.state = state
        self.installation = installation
        self.receivedAt = receivedAt
        self.attempts = attempts
    }
}
