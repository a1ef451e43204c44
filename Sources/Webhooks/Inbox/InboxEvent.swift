package import Installations
package import Sealing

/// A sealed webhook on its way into the inbox.
package struct InboxEvent: Sendable {
    /// Its id, which its seal is bound to.
    package let id: EventID
    /// Row number of the installation.
    package let installation: Int64
    /// The token set that accepted it: the store appends the event only while that set is in force, in the same
    /// transaction, so nothing enters after an uninstall or by a replaced token.
    package let tokenSet: Int64
    /// The installation key its body is sealed under; appended only while the installation still has that key.
    package let installationKey: InstallationKeyID
    /// The event's name.
    package let type: String
    /// When it arrived.
    package let receivedAt: Timestamp
    /// The body, sealed.
    package let body: SealedValue

    /// A sealed event.
    package init(
        id: EventID, installation: Int64, tokenSet: Int64, installationKey: InstallationKeyID, type: String,
        receivedAt: Timestamp, body: SealedValue
    ) {
        self.id = id
        self.installation = installation
        self.tokenSet = tokenSet
        self.installationKey = installationKey
        self.type = type
        self.receivedAt = receivedAt
        self.body = body
    }
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
