package import Installations
package import Metrics
import ServiceLifecycle
import Synchronization

/// Pushes one add-on's events to its own code: of each installation one event at a time and in order, of different
/// installations many at once, as many as the circuit breaker allows.
package final class Forwarder: Service, CustomStringConvertible {
    private struct State {
        var breaker: CircuitBreaker
        var underWay = 0
        /// When a task wakes the loop that waits for the end of the breaker's pause, or for room.
        var wakesAt: ContinuousClock.Instant?
    }

    /// Streams of one look into the store.
    private static let streamsAtOnce = 64
    /// How often it is looked whether deliveries under way are overdue and others may begin.
    private static let roomTick = Duration.milliseconds(250)
    /// Bytes of sealed bodies that one look into the store brings to memory.
    private static let bytesAtOnce = 8 << 20
    /// How long deliveries under way may take after a shutdown began; what is cut off is delivered again later.
    private static let shutdownGrace = Duration.seconds(5)
    /// How long a stream waits whose storage key is missing.
    private static let lockedWait: Int64 = 60_000

    private let target: PushTarget
    private let store: any DeliveryStore
    private let settlementWriter: SettlementWriter
    private let streams: ReadyStreams
    private let holdTimer: HoldTimer
    private let client: PushClient
    private let schedule: RetrySchedule
    private let breakerLimits: CircuitBreaker.Limits
    private let report: DeliveryReport
    private let pauses: TargetPauses
    private let figures: TargetFigures
    /// How long attempts take, with an answer or without one.
    private let seconds: Metrics.Timer
    private let now: Now
    private let state: Mutex<State>
    /// Yields when a delivery ended or a pause did.
    private let places = Signal()

    /// A forwarder to one target.
    ///
    /// - Parameter figures: Told of each attempt.
    package init(
        to target: PushTarget, store: any DeliveryStore, settlementWriter: SettlementWriter, streams: ReadyStreams,
        holdTimer: HoldTimer,
        client: PushClient, pauses: TargetPauses, figures: TargetFigures = TargetFigures(),
        schedule: RetrySchedule = RetrySchedule(),
        breaker: CircuitBreaker.Limits = CircuitBreaker.Limits(), log: DeliveryLog,
        metrics: any MetricsFactory = MetricsSystem.factory, now: @escaping Now
    ) {
        self.target = target
        self.store = store
        self.settlementWriter = settlementWriter
        self.streams = streams
        self.holdTimer = holdTimer
        self.client = client
        self.schedule = schedule
        self.pauses = pauses
        self.figures = figures
        breakerLimits = breaker
        report = DeliveryReport(
            addonKey: target.addonKey, log: log, outcomes: DeliveryOutcomes(metrics: metrics))
        seconds = Metrics.Timer(label: Metric.deliverySeconds.rawValue, factory: metrics)
        self.now = now
        state = Mutex(State(breaker: CircuitBreaker(limits: breaker)))
    }

    package var description: String { "forwarder" }

    /// Pushes until shut down, then waits a little for what is under way.
    package func run() async throws {
        await withTaskGroup { tasks in
            tasks.addTask { await self.push() }
            tasks.addTask {
                try? await gracefulShutdown()
                try? await Task.sleep(for: Self.shutdownGrace)  // Cancelled when nothing is under way any more.
            }
            await tasks.next()
            tasks.cancelAll()
        }
    }

    private func push() async {
        guard let waiter = streams.beginWaiting(for: target.addonKey, with: places) else { return }
        pauses.watch(with: places)
        await withTaskCancellationOrGracefulShutdownHandler {
            await withDiscardingTaskGroup { deliveries in
                for await _ in places.wakings { await fill(&deliveries) }
                streams.endWaiting(waiter, for: target.addonKey)
            }
        } onCancelOrGracefulShutdown: { [places] in
            places.finish()
        }
    }

    /// Begins as many deliveries as there are places and streams.
    private func fill(_ deliveries: inout DiscardingTaskGroup) async {
        while !Task.isCancelled {
            let installations: [InstallationNumber]
            switch claimStreams() {
            case .streams(let taken): installations = taken
            case .none: return
            case .pause(let until):
                deliveries.addTask { await self.rest(until: until) }
                return
            }
            do {
                let taken = ContinuousClock.now
                let heads = try await store.takeHeads(of: installations, bytes: Self.bytesAtOnce)
                for (installation, head) in zip(installations, heads) {
                    deliveries.addTask { await self.handle(head, of: installation, takenAt: taken) }
                }
            } catch {
                // A read that the shutdown ended is no trouble of the store.
                if !Task.isCancelled { report.storeFailed(error) }
                for installation in installations { leave(installation, hasMore: true, abandonsProbe: true) }
                try? await Task.sleep(for: .seconds(1))  // Cancelled: the loop's condition ends it.
            }
        }
    }

    private enum Places {
        case streams([InstallationNumber])
        case none
        /// There is nothing to begin before this moment, and nobody waits for it yet.
        case pause(ContinuousClock.Instant)
    }

    private func claimStreams() -> Places {
        // What comes meanwhile waits in the store; the end of the pause wakes the loop.
        if pauses.since(target.id) != nil { return .none }
        return state.withLock { state in
            let now = ContinuousClock.now
            var room = Room(
                starting: min(breakerLimits.firstWindow, breakerLimits.places), places: breakerLimits.places)
            var (count, pauseEnd) = (Self.streamsAtOnce, ContinuousClock.Instant?.none)
            let allowance = state.breaker.allowance(at: now)
            switch allowance {
            case .window(let size): room.starting = size
            case .probe: (count, room.starting, room.guests) = (1, .max, .probe)
            case .nothing(let until): (room.guests, pauseEnd) = (.onlyQuick, until)
            }
            let taken = streams.claim(count, in: room, for: target.addonKey, at: now)
            guard let first = taken.first else {
                return Self.wait(until: pauseEnd, for: streams, of: target, &state, now)
            }
            if allowance == .probe { state.breaker.probe(first) }
            state.underWay += taken.count
            return .streams(taken)
        }
    }

    /// Nothing can begin: the end of a delivery wakes the loop, and so must the end of a pause and the moment in which
    /// one under way is overdue.
    private static func wait(
        until pauseEnd: ContinuousClock.Instant?, for streams: ReadyStreams, of target: PushTarget,
        _ state: inout State,
        _ now: ContinuousClock.Instant
    ) -> Places {
        let tick = state.underWay > 0 && streams.hasWaiting(for: target.addonKey) ? now + roomTick : nil
        guard let until = [pauseEnd, tick].compactMap({ $0 }).min(), state.wakesAt.map({ until < $0 }) ?? true else {
            return .none
        }
        state.wakesAt = until
        return .pause(until)
    }

    private func rest(until moment: ContinuousClock.Instant) async {
        try? await Task.sleep(until: moment, clock: .continuous)  // Cancelled: the loop that is woken has ended.
        state.withLock { if $0.wakesAt == moment { $0.wakesAt = nil } }
        places.wake()
    }

    /// Ends the stay of a stream here.
    private func leave(_ installation: InstallationNumber, hasMore: Bool, abandonsProbe: Bool = false) {
        state.withLock { state in
            state.underWay -= 1
            if abandonsProbe { state.breaker.abandonProbe(of: installation, at: .now) }
        }
        streams.finish([installation], for: target.addonKey, hasMore: hasMore)
        places.wake()
    }

    // MARK: One event

    private func handle(
        _ head: StreamHead, of installation: InstallationNumber, takenAt moment: ContinuousClock.Instant
    ) async {
        switch head {
        case .event(let event): await deliver(event, takenAt: moment)
        case .empty, .held: leave(installation, hasMore: false, abandonsProbe: true)
        case .postponed: leave(installation, hasMore: true, abandonsProbe: true)
        case .locked(let id):
            let until = Timestamp(milliseconds: now().milliseconds + Self.lockedWait)
            await settle(
                Settlement(event: id, change: .postponed(until: until), at: now()), of: installation,
                abandonsProbe: true)
        case .damaged(let id):
            await settle(
                Settlement(event: id, change: .dead(.damaged), at: now()), of: installation,
                abandonsProbe: true)
        }
    }

    private func deliver(_ event: WaitingEvent, takenAt moment: ContinuousClock.Instant) async {
        // Last, because whoever is not heard of, or was not since, may be thought dead, and the stream another's.
        guard store.isHeard(since: moment) else { return leave(event.installation, hasMore: true, abandonsProbe: true) }
        let start = ContinuousClock.now
        guard let outcome = await client.send(event, to: target, now: now) else {
            return leave(event.installation, hasMore: true, abandonsProbe: true)
        }
        let time = ContinuousClock.now - start
        seconds.record(duration: time)
        note(outcome, of: event, after: time)
        let moment = now()
        let verdict = DeliveryVerdict.decide(
            outcome, attempts: event.attempts + 1, since: event.waitsSince, now: moment, random: .random(in: 0...1),
            schedule: schedule)
        let attempt = Attempt(
            at: moment, target: target.id.name, status: outcome.status, milliseconds: Int64(time / .milliseconds(1)),
            failure: verdict.failure?.text)
        figures.note(verdict.failure, milliseconds: attempt.milliseconds ?? 0, at: moment)
        // Mostly an event is delivered at once, and nothing else is written of it.
        let isFirst = event.attempts == 0 && event.waitsSince == event.receivedAt
        await settle(
            Settlement(
                event: event.id, change: Settlement.Change(verdict), at: moment,
                attempt: isFirst && verdict == .settle ? nil : attempt),
            of: event.installation)
    }

    private func note(_ outcome: DeliveryOutcome, of event: WaitingEvent, after time: Duration) {
        let isQuick = outcome.isAnswered && time <= Room.quick
        streams.note(isQuick ? .quick : .slow, of: event.installation, for: target.addonKey)
        let (wasOpen, isOpen) = state.withLock { state in
            let wasOpen = state.breaker.isOpen
            if outcome.isAnswered {
                state.breaker.succeed(isWelcome: outcome.isWelcome)
            } else {
                let isSilent = outcome == .failed(.timeout)
                state.breaker.fail(event.installation, isSilent: isSilent, at: .now, random: .random(in: 0...1))
            }
            // Within the lock: of two that change it the last one is shown.
            figures.note(isOpen: state.breaker.isOpen)
            return (wasOpen, state.breaker.isOpen)
        }
        if wasOpen != isOpen { report.breaker(isOpen: isOpen) }
    }

    private func settle(
        _ settlement: Settlement, of installation: InstallationNumber, abandonsProbe: Bool = false
    ) async {
        do {
            let result = try await settlementWriter.settle(settlement)
            report.settled(settlement.event, settlement.change)
            if let until = settlement.change.holdsUntil { holdTimer.set(until) }
            leave(installation, hasMore: result.hasMore, abandonsProbe: abandonsProbe)
        } catch {
            // What is not written down did not happen: the event goes out again.
            report.storeFailed(error)
            try? await Task.sleep(for: .seconds(1))  // Cancelled: the shutdown goes on.
            leave(installation, hasMore: true, abandonsProbe: abandonsProbe)
        }
    }
}

extension Settlement.Change {
    init(_ verdict: DeliveryVerdict) {
        switch verdict {
        case .settle: self = .delivered
        case .retry(let moment, let failure): self = .retry(at: moment, failure)
        case .bury(let failure): self = .dead(failure)
        }
    }

    /// Until when the stream is held.
    package var holdsUntil: Timestamp? {
        switch self {
        case .retry(let moment, _), .postponed(let moment): moment
        case .delivered, .dead: nil
        }
    }
}
