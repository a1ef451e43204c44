package import Installations
package import Webhooks

/// Reads of events.
package protocol EventReads {
    /// A page of events, newest first.
    func events(matching filter: EventFilter, page: PageRequest) throws -> Page<EventSummary>

    /// These events but their bodies, without those that are not there.
    func events(_ ids: [EventID]) throws -> [StoredEvent]

    /// The bodies of these events, without those that are gone.
    func bodies(of ids: [EventID]) throws -> [StoredBody]

    /// The targets to which nothing is pushed: as many as were ever configured, at most.
    func pauses() throws -> [TargetPause]
}

/// Reads of streams, each of which goes by the number of its installation.
package protocol StreamReads {
    /// Which of these streams have something to deliver and are not held.
    func ready(_ streams: [InstallationNumber]) throws -> [EventStream]

    /// A page of the streams that have something to deliver and are not held, as `DeliveryStore.readyStreams`.
    func readyStreams(after: Int64, limit: Int) throws -> (streams: [EventStream], last: Int64?)

    /// What stands at the head of each stream, in their order. Sealed bodies of at most `bytes` in all, but at least one.
    func heads(of streams: [InstallationNumber], bytes: Int) throws -> [StoredHead]

    /// Streams whose holds have ended, the earliest first, and when the next one ends.
    func endedHolds(at: Timestamp, limit: Int) throws -> (streams: [InstallationNumber], next: Timestamp?)

    /// Streams whose holds seem to have begun after `at`, or end later than any may, and how long each hold was to last.
    func overlongHolds(
        at: Timestamp, longest: Int64, limit: Int
    ) throws -> [(stream: InstallationNumber, length: Int64)]
}

/// What is read of events that are to be changed: it stands until the transaction ends.
package protocol EventLoads {
    /// What decides about settlements, about each as if it were the only one, in their order; nil where there is no such
    /// event.
    func settlementFacts(for settlements: [Settlement]) throws -> [SettlementFacts?]

    /// The holds of these streams that have ended.
    func endedHolds(of streams: [InstallationNumber], at: Timestamp) throws -> [EndedHold]

    /// What decides about replays, without those of events that are not there.
    func replayFacts(for events: [EventID]) throws -> [ReplayFacts]

    /// The same of dead events, oldest first.
    func replayFacts(forDead filter: DeadFilter, after: EventID?, limit: Int) throws -> [ReplayFacts]

    /// What may be cleared away.
    func sweepFacts(for question: SweepQuestion) throws -> SweepFacts
}

/// Writes of events that are one call, without anything to be loaded before: what must still hold is part of them.
package protocol EventWrites {
    /// Appends each event whose token set and installation key are in force, of an installation that has not ended, and whose id is
    /// above those of its stream. An id that is there already fails the whole call: nobody gives out one twice.
    func append(_ events: [InboxEvent]) throws -> [Appending]

    /// Leases each event that waits in the stream it names, if nothing holds that back: one after the other, so that of two events
    /// of one stream the second is refused. Returns which.
    func lease(_ events: [WaitingEvent], as lease: LeaseID, from: Timestamp, until: Timestamp) throws -> [Bool]
}

/// What became of an event that was to be appended.
package enum Appending: Hashable, Sendable {
    /// It is there.
    case appended
    /// What accepted it is not in force.
    case outdated
    /// Another process has put an event with this higher id into its stream.
    case overtaken(by: EventID)
}
