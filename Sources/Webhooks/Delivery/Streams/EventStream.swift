package import Installations
package import Marketplace

/// The events of one installation, which are delivered one after the other in the order of their ids.
package struct EventStream: Hashable, Sendable {
    /// Row number of the installation.
    package let installation: InstallationNumber
    /// Whose code the events are for.
    package let addonKey: AddonKey
    /// Whether its oldest waiting event failed before.
    package let hasFailed: Bool

    /// The stream of an installation.
    package init(installation: InstallationNumber, addonKey: AddonKey, hasFailed: Bool = false) {
        self.installation = installation
        self.addonKey = addonKey
        self.hasFailed = hasFailed
    }
}

/// The oldest waiting event of a stream, opened: all that a delivery needs.
package struct WaitingEvent: Sendable {
    /// Its id, the same at every attempt.
    package let id: EventID
    /// Row number of the installation.
    package let installation: InstallationNumber
    /// Whose it is.
    package let owner: InstallationID
    /// Where the installation stands now.
    package let status: InstallationStatus
    /// The event's name.
    package let type: String
    /// When it arrived.
    package let receivedAt: Timestamp
    /// When its patience began: when it arrived, or was replayed last; no later than the clock was put back since.
    package let waitsSince: Timestamp
    /// Attempts so far.
    package let attempts: Int
    /// The body, byte for byte as it was received.
    package let body: [UInt8]

    /// An event as a store gives it.
    package init(
        id: EventID, installation: InstallationNumber, owner: InstallationID, status: InstallationStatus, type: String,
        receivedAt: Timestamp, waitsSince: Timestamp, attempts: Int, body: [UInt8]
    ) {
        self.id = id
        self.installation = installation
        self.owner = owner
        self.status = status
        self.type = type
        self.receivedAt = receivedAt
        self.waitsSince = waitsSince
        self.attempts = attempts
        self.body = body
    }
}

/// What stands at the head of a stream.
package enum StreamHead: Sendable {
    /// This event may be delivered.
    case event(WaitingEvent)
    /// Nothing waits.
    case empty
    /// Something waits, but a retry or a lease holds the stream back.
    case held
    /// The event is sealed under a storage key that is not loaded, or what its installation says is not authentic.
    case locked(EventID)
    /// The event's body does not open with the key it names.
    case damaged(EventID)
    /// Not looked at: the heads before it filled the memory that was granted.
    case postponed
}
