package import Installations
import ServiceLifecycle

/// Fills `ReadyStreams`: from events that arrive, from holds that end, and at the start from the store.
///
/// Memory stays flat whatever waits: what does not fit is left out and read from the store when there is room again.
package struct Dispatcher: Service, CustomStringConvertible {
    /// Streams or holds handled in one transaction.
    private static let page = 500
    /// Holds are looked at so often at least: the wall clock may have been moved.
    private static let longestSleep: Int64 = 1_000

    private let store: any DeliveryStore
    private let streams: ReadyStreams
    private let holdTimer: HoldTimer
    private let schedule: RetrySchedule
    private let log: DeliveryLog
    private let now: Now

    /// A dispatcher of everything in `store`. `holdTimer` is set by whoever holds a stream back.
    package init(
        store: any DeliveryStore, streams: ReadyStreams, holdTimer: HoldTimer,
        schedule: RetrySchedule = RetrySchedule(),
        log: DeliveryLog, now: @escaping Now
    ) {
        self.store = store
        self.streams = streams
        self.holdTimer = holdTimer
        self.schedule = schedule
        self.log = log
        self.now = now
    }

    package var description: String { "dispatcher" }

    /// Works until shut down; then whoever waits for streams stops waiting.
    package func run() async throws {
        await withDiscardingTaskGroup { tasks in
            tasks.addTask { await read(store.arrivals) { streams in store.call(self.streams.pulled(among: streams)) } }
            tasks.addTask { await read(store.called) { _ in } }
            tasks.addTask { await endHolds() }
            tasks.addTask { await refill() }
            try? await gracefulShutdown()  // Throws when cancelled, which ends the service as well.
            streams.close()
            tasks.cancelAll()
        }
    }

    /// Offers what arrives.
    ///
    /// - Parameter offered: Told of what was.
    private func read(_ arrivals: Arrivals, offered: ([InstallationNumber]) -> Void) async {
        for await _ in arrivals.signal.wakings {
            let batch = arrivals.drain()
            if batch.isShort { streams.refills.wake() }
            let unknown = streams.offer(known: batch.streams)
            for start in stride(from: 0, to: unknown.count, by: Self.page) {
                let page = Array(unknown[start..<min(start + Self.page, unknown.count)])
                guard await attempt({ () throws(StoreError) in streams.offer(try await store.ready(page)) }) else {
                    return
                }
            }
            offered(batch.streams)
        }
    }

    private func endHolds() async {
        var wakings = holdTimer.signal.wakings.makeAsyncIterator()
        while !Task.isCancelled {
            holdTimer.awake()
            var next: Timestamp?
            let isDone = await attempt { () throws(StoreError) in
                let ended = try await store.endHolds(at: now(), limit: Self.page, schedule: schedule)
                streams.offer(ended.streams)
                store.call(streams.pulled(among: ended.streams.map(\.installation)))
                next = ended.count == Self.page ? now() : ended.next
            }
            guard isDone else { return }
            let moment = now().milliseconds
            let wait = min(max(0, (next?.milliseconds ?? .max) - moment), Self.longestSleep)
            guard wait > 0, holdTimer.sleep(until: Timestamp(milliseconds: moment + wait)) else { continue }
            async let _: Void = holdTimer.ring(after: wait)
            guard await wakings.next() != nil else { return }
        }
    }

    /// Walks over all streams of the store at the start, and again whenever some had been left out.
    private func refill() async {
        streams.refills.wake()
        for await _ in streams.refills.wakings {
            var after: Int64? = 0
            while let first = after {
                let isDone = await attempt { () throws(StoreError) in
                    let page = try await store.readyStreams(after: first, limit: Self.page)
                    streams.offer(page.streams)
                    after = page.last
                }
                guard isDone else { return }
            }
        }
    }

    /// Does something until the store does not fail; false when cancelled.
    private func attempt(_ body: () async throws(StoreError) -> Void) async -> Bool {
        while !Task.isCancelled {
            do {
                try await body()
                return true
            } catch  where Task.isCancelled {
                return false  // A read that the shutdown ended is no trouble of the store.
            } catch {
                log.note(.storeFailed, of: nil, reason: "\(error)")
                try? await Task.sleep(for: .seconds(1))  // Cancelled: the loop's condition ends it.
            }
        }
        return false
    }
}
