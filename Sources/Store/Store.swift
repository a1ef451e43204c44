package import Installations
import Synchronization
package import Webhooks

/// The one place where it is decided what is kept: what Installations and Webhooks ask of persistence, over any engine.
package final class Store: Sendable {
    let engine: any StoreEngine
    /// The engine, where others may have the store open as well.
    let shared: (any SharedEngine)?
    let tools: StoreTools
    /// Ids of inbox events, shared with whoever appends webhooks.
    package let eventIDs: EventIDGenerator
    /// Told of every stream that gets an event.
    package let arrivals = Arrivals()
    /// Told of streams that other processes say may be delivered here.
    package let called = Arrivals()
    /// Told of streams that other processes are to hear of.
    let calling = Arrivals()
    /// Which targets are paused.
    package let pauses = TargetPauses()
    /// What this process knows of its place among others.
    let membership = Membership()
    /// Lifecycle calls on their way into a transaction.
    let lifecycleCalls = Mutex(GroupCommit<WaitingCall>(batch: 64, limit: 4096))
    /// Lifecycle calls that changed nothing.
    let quietCalls = QuietCalls()
    /// What this process saw of the clock.
    let clockWatch = ClockWatch()
    /// Whether bodies went since the traces of any were erased last.
    let hasSettled = Atomic(false)

    /// Told where a rotation stands.
    let probe: RotationProbe

    /// A store over an engine that is open.
    package init(over engine: any StoreEngine, probe: @escaping RotationProbe = { _ in }) {
        self.engine = engine
        self.probe = probe
        tools = engine.tools
        shared = engine as? any SharedEngine
        eventIDs = EventIDGenerator(after: engine.newestEvent, process: shared?.epoch.value)
    }

    /// Opens what is sealed here, as far as it may still be opened.
    package var vault: InstallationVault { tools.vault }
    /// Knows tokens again that were handed out.
    package var handedOut: HandedOutTokens { tools.handedOut }

    /// Ends the engine: nothing is read or written any more.
    package func close() throws { try engine.close() }

    // MARK: How the rest of this module reads and writes

    /// Reads in one snapshot.
    func read<T: Sendable>(_ body: @escaping @Sendable (any StoreReads) throws -> T) async throws(StoreError) -> T {
        try await engine.read(body)
    }

    /// One transaction. While it waits for the writer, its request may withdraw it.
    ///
    /// - Parameter committed: What must follow the commit, also when nobody waits for it any more.
    func write<T: Sendable>(
        _ body: @escaping @Sendable (any StoreWrites) throws -> T,
        committed: @escaping @Sendable (T) -> Void = { _ in }
    ) async throws(StoreError) -> T {
        let ticket = WriteTicket.current
        return try await WriteTicket.inTime { [self] in
            do throws(StoreError) {
                let value = try await engine.transact { writes in
                    guard ticket?.begin() ?? true else { throw StoreError.withdrawn }
                    return try body(writes)
                } committed: { value in
                    committed(value)
                }
                return .success(value)
            } catch {
                noteUnknown(error)
                return .failure(error)
            }
        }
    }

    /// What may have been committed without anybody being told gives streams events to deliver, or lets them go on.
    func noteUnknown(_ error: StoreError) {
        if case .outcomeUnknown = error { called.noteShort() }
    }
}

extension StoreWrites {
    /// Writes what was decided, if anything was.
    func apply(_ changes: [Change], by tools: StoreTools) throws {
        if !changes.isEmpty { try apply(ChangeSet(changes, tools)) }
    }
}

extension Array {
    /// Whether no place comes twice: mostly so. What has none is apart from everything.
    func areApart<Place: Hashable>(by place: (Element) -> Place?) -> Bool {
        var places = Set<Place>(minimumCapacity: count)
        return allSatisfy { element in place(element).map { places.insert($0).inserted } ?? true }
    }

    /// The indices of the elements, in rounds in which no place comes twice: what is decided about one place is decided by what
    /// was written about it before. Mostly that is one round.
    func rounds<Place: Hashable>(by place: (Element) -> Place?) -> [[Int]] {
        var (rounds, places): ([[Int]], [Set<Place>]) = ([], [])
        for (index, element) in enumerated() {
            let place = place(element)
            // Behind the last round that has the place: the order within a place is kept.
            let round = place.flatMap { place in places.lastIndex { $0.contains(place) } }.map { $0 + 1 } ?? 0
            if round == rounds.count {
                rounds.append([])
                places.append([])
            }
            rounds[round].append(index)
            if let place { places[round].insert(place) }
        }
        return rounds
    }
}
