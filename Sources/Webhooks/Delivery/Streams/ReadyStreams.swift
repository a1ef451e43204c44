package import Installations
package import Marketplace
import Synchronization

/// All streams that may go on now, by add-on: where whoever pushes and whoever pulls take their work.
///
/// Bounded: what does not fit is left out and found again in the store, see `Dispatcher`.
package final class ReadyStreams: Sendable {
    private struct State {
        var queues: [AddonKey: ReadyQueue] = [:]
        /// Whose queue a stream was in lately, so that most arrivals need not be looked up.
        var lately: [InstallationNumber: AddonKey] = [:]
        var waiters: [AddonKey: [(id: UInt64, signal: Signal)]] = [:]
        var lastWaiter: UInt64 = 0
        var isOpen = true
    }

    /// Streams whose add-on is remembered.
    private static let latelyCapacity = 50_000
    /// Workers that may wait at once, over all add-ons.
    package static let maximumWaiters = 1024

    private let state = Mutex(State())
    /// Yields when streams that were left out should be looked for in the store.
    let refills = Signal()

    /// Add-ons whose events are pushed.
    private let pushed: Set<AddonKey>

    /// No streams yet.
    package init(pushed: Set<AddonKey> = []) { self.pushed = pushed }

    /// Streams waiting to be taken, for a gauge.
    package var count: Int { state.withLock { $0.queues.values.reduce(0) { $0 + $1.count } } }

    /// Adds streams, and wakes who waits for them.
    package func offer(_ streams: [EventStream]) {
        state.withLock { state in
            for stream in streams {
                Self.remember(stream, &state)
                if state.queues[stream.addonKey, default: ReadyQueue()].offer(
                    stream.installation, hasFailed: stream.hasFailed)
                {
                    Self.wakeOne(stream.addonKey, &state)
                }
            }
        }
    }

    /// Adds streams whose add-on is known from lately; returns the others.
    func offer(known streams: [InstallationNumber]) -> [InstallationNumber] {
        state.withLock { state in
            streams.filter { stream in
                guard let addonKey = state.lately[stream] else { return true }
                if state.queues[addonKey, default: ReadyQueue()].offer(stream, hasFailed: false) {
                    Self.wakeOne(addonKey, &state)
                }
                return false
            }
        }
    }

    /// Those of these streams that are leased by workers, who may ask another process for them; as far as they are remembered.
    func pulled(among streams: [InstallationNumber]) -> [InstallationNumber] {
        state.withLock { state in
            streams.filter { stream in state.lately[stream].map { !pushed.contains($0) } ?? true }
        }
    }

    /// Whether streams of an add-on wait to be taken.
    func hasWaiting(for addonKey: AddonKey) -> Bool { state.withLock { $0.queues[addonKey]?.count ?? 0 > 0 } }

    /// Takes up to `count` streams of an add-on; they are the caller's until `finish`.
    package func claim(
        _ count: Int, in room: Room = .unbounded, for addonKey: AddonKey, at now: ContinuousClock.Instant = .now
    ) -> [InstallationNumber] {
        let (streams, wantsRefill) = state.withLock { state in
            guard count > 0, var queue = state.queues.removeValue(forKey: addonKey) else {
                return ([InstallationNumber](), false)
            }
            defer { state.queues[addonKey] = queue }
            return (queue.claim(count, in: room, at: now), queue.wantsRefill())
        }
        if wantsRefill { refills.wake() }
        return streams
    }

    /// Remembers how soon a stream's delivery was answered.
    func note(_ pace: Pace, of stream: InstallationNumber, for addonKey: AddonKey) {
        state.withLock { state -> Void in state.queues[addonKey]?.note(pace, of: stream, at: .now) }
    }

    /// Gives taken streams back.
    package func finish(_ streams: [InstallationNumber], for addonKey: AddonKey, hasMore: Bool) {
        state.withLock { state in
            for stream in streams where state.queues[addonKey]?.finish(stream, hasMore: hasMore) == true {
                Self.wakeOne(addonKey, &state)
            }
        }
    }

    // MARK: Waiting

    /// Somebody who waits for streams of an add-on.
    package struct Waiter: Sendable {
        fileprivate let id: UInt64
        /// Yields when there may be something to take.
        package let signal: Signal
    }

    /// Begins to wait; nil when too many wait already or no stream will come any more.
    package func beginWaiting(for addonKey: AddonKey, with signal: Signal = Signal()) -> Waiter? {
        state.withLock { state in
            let count = state.waiters.values.reduce(0) { $0 + $1.count }
            guard state.isOpen, count < Self.maximumWaiters else { return nil }
            state.lastWaiter += 1
            let waiter = Waiter(id: state.lastWaiter, signal: signal)
            state.waiters[addonKey, default: []].append((waiter.id, waiter.signal))
            // What came before counts as well.
            if state.queues[addonKey]?.count ?? 0 > 0 { waiter.signal.wake() }
            return waiter
        }
    }

    /// Ends waiting. If it was woken and took nothing, somebody else is woken in its place.
    package func endWaiting(_ waiter: Waiter, for addonKey: AddonKey) {
        state.withLock { state in
            state.waiters[addonKey]?.removeAll { $0.id == waiter.id }
            if state.waiters[addonKey]?.isEmpty == true { state.waiters[addonKey] = nil }
            if state.queues[addonKey]?.count ?? 0 > 0 { Self.wakeOne(addonKey, &state) }
        }
    }

    /// Ends all waiting: a shutdown must not wait for long polls.
    package func close() {
        state.withLock { state in
            state.isOpen = false
            for waiter in state.waiters.values.joined() { waiter.signal.finish() }
            state.waiters = [:]
        }
    }

    /// The one who waits longest is woken, and goes to the end: two streams wake two of them.
    private static func wakeOne(_ addonKey: AddonKey, _ state: inout State) {
        guard var waiters = state.waiters[addonKey], !waiters.isEmpty else { return }
        let first = waiters.removeFirst()
        first.signal.wake()
        waiters.append(first)
        state.waiters[addonKey] = waiters
    }

    private static func remember(_ stream: EventStream, _ state: inout State) {
        if state.lately.count >= latelyCapacity { state.lately.removeAll(keepingCapacity: true) }
        state.lately[stream.installation] = stream.addonKey
    }
}
