package import Installations
package import Marketplace

/// What persistence must promise for the inbox.
package protocol EventStore: Sendable {
    /// Appends all events in one durable transaction. For each: true when it was appended, false when its token set or
    /// installation key is no longer in force. Blocks until the commit: for the inbox's own thread.
    func append(_ events: [InboxEvent]) throws(StoreError) -> [Bool]

    /// Events not yet settled, lifecycle events too. Asked for each webhook, so it is known without a query.
    var waitingEvents: Int { get }

    /// A page of events, newest first.
    func events(matching filter: EventFilter, page: PageRequest) async throws(StoreError) -> Page<EventSummary>

    /// One event; nil when there is none.
    func event(_ id: EventID) async throws(StoreError) -> EventSummary?

    /// The bytes of an event's body as received, audited in the same transaction; nil when there is no such event or
    /// its body is gone.
    func eventBody(_ id: EventID, actor: Actor, at: Timestamp) async throws(StoreError) -> [UInt8]?
}

/// What `events` narrows a list by.
package struct EventFilter: Sendable {
    /// Only this state.
    package var state: EventState?
    /// Only this add-on.
    package var addonKey: AddonKey?
    /// Only this workspace.
    package var workspaceID: WorkspaceID?
    /// Only installations with this platform id.
    package var addonID: AddonID?

    /// A filter; by default every event.
    package init(
        state: EventState? = nil, addonKey: AddonKey? = nil, workspaceID: WorkspaceID? = nil, addonID: AddonID? = nil
    ) {
        self.state = state
        self.addonKey = addonKey
        self.workspaceID = workspaceID
        self.addonID = addonID
    }
}
