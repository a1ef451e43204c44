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
    /// How many events are read for a page that no index leads to: an index for it would be paid for by each webhook.
    package var mostRead = 20_000

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
    /// Only this type: an event's name.
    package var type: String?
    /// Only those that arrived then or later.
    package var since: Timestamp?
    /// Only those that arrived before. One whose id stands for a moment over a minute later is none of them: it arrived after
    /// the clock was put back.
    package var until: Timestamp?

    /// A filter; by default every event.
    package init(
        state: EventState? = nil, addonKey: AddonKey? = nil, among addons: Set<AddonKey>? = nil,
        workspaceID: WorkspaceID? = nil, addonID: AddonID? = nil, type: String? = nil, since: Timestamp? = nil,
        until: Timestamp? = nil
    ) {
        self.state = state
        self.addonKey = addonKey
        self.addons = addons
        self.workspaceID = workspaceID
        self.addonID = addonID
        self.type = type
        self.since = since
        self.until = until
    }

    /// Whether an index leads to these events and no others, but for those of a moment.
    package var isIndexed: Bool {
        type == nil && (workspaceID != nil || (addonKey == nil && addons == nil && addonID == nil))
    }

    /// Where in the order of ids a page is: its ids lie between both, without them.
    package func ids(_ page: PageRequest) -> (above: Int64, below: Int64) {
        let below = until.map { EventID(firstAt: Timestamp(milliseconds: $0.milliseconds + 60_000)).number }
        return (
            since.map { EventID(firstAt: $0).number - 1 } ?? -1,
            min(page.cursor?.position ?? .max, below ?? .max)
        )
    }
}
