package import Installations
package import Marketplace
package import Metrics

/// Hands events to workers that pull them.
///
/// A lease holds at most one event of an installation: a worker that gives one back would otherwise hold its successors,
/// and the order would be lost. So a worker asks again after each batch, and any number of workers share the streams.
package struct Leases: Sendable {
    /// What a worker asks for.
    package struct Request: Sendable {
        /// Whose events.
        package let addonKey: AddonKey
        /// Events at most, 1 to 100.
        package let max: Int
        /// How long they are the worker's, in milliseconds.
        package let leaseLength: Int64
        /// How long to wait for the first event, in milliseconds.
        package let patience: Int64

        /// A request.
        package init(addonKey: AddonKey, max: Int, leaseLength: Int64, patience: Int64) {
            self.addonKey = addonKey
            self.max = max
            self.leaseLength = leaseLength
            self.patience = patience
        }
    }

    /// Events that are a worker's for a while.
    package struct Lease: Sendable {
        /// Its id.
        package let id: LeaseID
        /// The events, none when none came in time.
        package let events: [WaitingEvent]
    }

    /// Bytes of bodies in one lease.
    private static let bytes = 8 << 20
    /// How long a stream waits whose storage key is missing.
    private static let lockedWait: Int64 = 60_000

    private let store: any DeliveryStore
    private let settlementWriter: SettlementWriter
    private let streams: ReadyStreams
    private let holdTimer: HoldTimer
    private let schedule: RetrySchedule
    private let pushed: Set<AddonKey>
    private let outcomes: DeliveryOutcomes
    private let log: DeliveryLog
    private let now: Now

    /// Leases of the events of every add-on but those that are pushed.
    package init(
        store: any DeliveryStore, settlementWriter: SettlementWriter, streams: ReadyStreams, holdTimer: HoldTimer,
        schedule: RetrySchedule = RetrySchedule(), pushed: Set<AddonKey>, log: DeliveryLog,
        metrics: any MetricsFactory = MetricsSystem.factory, now: @escaping Now
    ) {
        self.store = store
        self.settlementWriter = settlementWriter
        self.streams = streams
        self.holdTimer = holdTimer
        self.schedule = schedule
        self.pushed = pushed
        outcomes = DeliveryOutcomes(metrics: metrics)
        self.log = log
        self.now = now
    }

    /// Whether an add-on's events are pushed, and so cannot be leased: two ways out for one stream would make its order
    /// nobody's.
    package func isPushed(_ addonKey: AddonKey) -> Bool { pushed.contains(addonKey) }

    /// Leases what is there, or waits until something is. `onHangUp` is given what is to be called when the worker has gone:
    /// what arrived later would be leased to nobody.
    package func lease(
        _ request: Request, onHangUp: (_ stop: @escaping @Sendable () -> Void) async -> Void = { _ in }
    ) async throws(StoreError) -> Lease {
        let id = LeaseID.random()
        var events = try await leaseReady(request, as: id)
        guard events.isEmpty, request.patience > 0, let waiter = streams.beginWaiting(for: request.addonKey) else {
            return Lease(id: id, events: events)
        }
        defer { streams.endWaiting(waiter, for: request.addonKey) }
        let deadline = Task { [signal = waiter.signal] in
            try? await Task.sleep(for: .milliseconds(request.patience))  // Cancelled: nobody waits any more.
            signal.finish()
        }
        defer { deadline.cancel() }
        await onHangUp { [signal = waiter.signal] in signal.finish() }
        for await _ in waiter.signal.wakings {
            events = try await leaseReady(request, as: id)
            if !events.isEmpty { break }
        }
        return Lease(id: id, events: events)
    }

    /// Settles an event that a worker took care of. False when the lease does not hold it any more.
    package func acknowledge(_ event: EventID, under lease: LeaseID) async throws(StoreError) -> Bool {
        guard try await settle(event, lease, .delivered) else { return false }
        outcomes.count(.delivered)
        return true
    }

    /// Takes back an event that a worker could not deal with. False when the lease does not hold it any more.
    package func giveBack(_ event: EventID, under lease: LeaseID) async throws(StoreError) -> Bool {
        guard let detail = try await store.eventDetail(event) else { return false }
        let moment = now()
        let attempts = detail.summary.attempts
        let wait = schedule.wait(after: attempts, random: .random(in: 0...1))
        let change: Settlement.Change =
            schedule.isOver(attempts: attempts, since: detail.waitsSince, now: moment)
            ? .dead(.givenBack) : .retry(at: Timestamp(milliseconds: moment.milliseconds + wait), .givenBack)
        guard try await settle(event, lease, change) else { return false }
        report(detail.summary.installation.addonKey).settled(event, change)
        return true
    }

    /// Takes back what a worker was never told of. What fails ends with the lease.
    package func giveBack(_ lease: Lease) async {
        for event in lease.events { _ = try? await giveBack(event.id, under: lease.id) }
    }

    private func settle(
        _ event: EventID, _ lease: LeaseID, _ change: Settlement.Change
    ) async throws(StoreError) -> Bool {
        // Before the write, which may be committed when nobody waits for it any more. One moment too many wakes in vain.
        if let until = change.holdsUntil { holdTimer.set(until) }
        let result = try await settlementWriter.settle(
            Settlement(
                event: event, change: change, lease: lease, at: now(), ticket: WriteTicket.current))
        return result.isApplied
    }

    private func report(_ addonKey: AddonKey) -> DeliveryReport {
        DeliveryReport(addonKey: addonKey, log: log, outcomes: outcomes)
    }

    /// Leases the heads of streams that may go on now.
    private func leaseReady(_ request: Request, as id: LeaseID) async throws(StoreError) -> [WaitingEvent] {
        while true {
            let taken = streams.claim(request.max, for: request.addonKey)
            guard !taken.isEmpty else { return [] }
            do {
                let heads = try await store.heads(of: taken, bytes: Self.bytes)
                let leased = try await lease(heads, of: taken, request, id)
                if !leased.isEmpty { return leased }
            } catch {
                streams.finish(taken, for: request.addonKey, hasMore: true)
                throw error
            }
        }
    }

    private func lease(
        _ heads: [StreamHead], of taken: [InstallationNumber], _ request: Request, _ id: LeaseID
    ) async throws(StoreError) -> [WaitingEvent] {
        var events: [WaitingEvent] = []
        var (done, again): ([InstallationNumber], [InstallationNumber]) = ([], [])
        for (installation, head) in zip(taken, heads) {
            switch head {
            case .event(let event):
                events.append(event)
                done.append(installation)
            case .empty, .held: done.append(installation)
            case .postponed: again.append(installation)
            case .locked(let event):
                let until = Timestamp(milliseconds: now().milliseconds + Self.lockedWait)
                _ = try await settlementWriter.settle(
                    Settlement(event: event, change: .postponed(until: until), at: now()))
                report(request.addonKey).settled(event, .postponed(until: until))
                holdTimer.set(until)
                done.append(installation)
            case .damaged(let event):
                _ = try await settlementWriter.settle(
                    Settlement(event: event, change: .dead(.damaged), at: now()))
                report(request.addonKey).settled(event, .dead(.damaged))
                again.append(installation)
            }
        }
        let moment = now()
        let until = Timestamp(milliseconds: moment.milliseconds + request.leaseLength)
        // As in `settle`, before the write.
        if !events.isEmpty { holdTimer.set(until) }
        let leased = events.isEmpty ? [] : try await store.lease(events, as: id, from: moment, until: until)
        streams.finish(done, for: request.addonKey, hasMore: false)
        streams.finish(again, for: request.addonKey, hasMore: true)
        return leased
    }
}
