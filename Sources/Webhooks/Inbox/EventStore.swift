package import Installations
package import Marketplace

/// What persistence must promise for the inbox.
package protocol EventStore: Sendable {
    /// Appends all events in one durable transaction, whose first step for each is to take up its ticket. Blocks until the
    /// commit: for the inbox's own thread.
    func append(_ events: [InboxEvent]) throws(StoreError) -> [AppendOutcome]

    /// Events not yet settled, lifecycle events too.
    var waitingEvents: Int { get }

    /// The events that have a body: those that wait, and the dead letters. Asked for each webhook, so it is known without a
    /// query, as are the next two.
    var kept: KeptEvents { get }

    /// Those of one installation. For moments it may count some twice, and never too few.
    func kept(of installation: InstallationNumber) -> KeptEvents

    /// Whether the file system has room for more than the platform's own calls.
    var hasSpace: Bool { get }

    /// A page of events, newest first.
    func events(matching filter: EventFilter, page: PageRequest) async throws(StoreError) -> Page<EventSummary>

    /// One event; nil when there is none.
    func event(_ id: EventID) async throws(StoreError) -> EventSummary?

    /// The bytes of an event's body as received, audited in the same transaction; nil when there is no such event or
    /// its body is gone.
    func eventBody(_ id: EventID, actor: Actor, at: Timestamp) async throws(StoreError) -> [UInt8]?
}

/// How much is kept of events.
package struct KeptEvents: Hashable, Sendable {
    /// How many.
    package var events = 0
    /// Bytes of their sealed bodies.
    package var bytes = 0

    /// So many; none by default.
    package init(events: Int = 0, bytes: Int = 0) {
        self.events = events
        self.bytes = bytes
    }

    /// Both together.
    package static func + (one: KeptEvents, other: KeptEvents) -> KeptEvents {
        KeptEvents(events: one.events + other.events, bytes: one.bytes + other.bytes)
    }

    /// Adds the other.
    package static func += (one: inout KeptEvents, other: KeptEvents) { one = one + other }

    /// What is left of one without the other.
    package static func - (one: KeptEvents, other: KeptEvents) -> KeptEvents {
        KeptEvents(events: one.events - other.events, bytes: one.bytes - other.bytes)
    }

    /// Takes the other away.
    package static func -= (one: inout KeptEvents, other: KeptEvents) { one = one - other }
}

/// What `events` narrows a list by.
package struct EventFilter: Sendable {
    /// Only this state.
    package var state: EventState?
    /// Only this add-on.
    package var addonKey: AddonKey?
    /// Only of these add-ons; nil for any.
    package var addons: Set<AddonKey>?
    /// Only this workspace.
    package var workspaceID: WorkspaceID?
    /// Only installations with this platform id.
    package var addonID: AddonID?

    /// A filter; by default every event.
    package init(
        state: EventState? = nil, addonKey: AddonKey? = nil, among addons: Set<AddonKey>? = nil,
        workspaceID: WorkspaceID? = nil, addonID: AddonID? = nil
    ) {
        self.state = state
        self.addonKey = addonKey
        self.addons = addons
        self.workspaceID = workspaceID
        self.addonID = addonID
    }
}
