package import Installations
import Synchronization

/// What this process saw of the clock last.
final class ClockWatch: Sendable {
    private let last = Mutex<(shown: Timestamp, at: ContinuousClock.Instant)?>(nil)

    /// Whether the clock went no faster than time does since it was looked at last. Nobody knows of the first look.
    func isSteady(_ now: Timestamp, _ uptime: ContinuousClock.Instant) -> Bool {
        last.withLock { last in
            guard let last else { return false }
            let passed = Int64(last.at.duration(to: uptime) / .milliseconds(1))
            return now.milliseconds - last.shown.milliseconds <= passed + ClockSteps.precision
        }
    }

    func saw(_ now: Timestamp, _ uptime: ContinuousClock.Instant) { last.withLock { $0 = (now, uptime) } }
}

extension Store {
    /// Keeps in mind what the clock shows: once a minute in the store, and at once when it was put back, which is a step from
    /// which on waits are counted. Asked every second, so a failure is made up for by the next time.
    package func noteClock(at now: Timestamp) async { await noteClock(at: now, uptime: .now) }

    func noteClock(at now: Timestamp, uptime: ContinuousClock.Instant) async {
        let isSteady = clockWatch.isSteady(now, uptime)
        do throws(StoreError) {
            // Asked without a writer: most of the time there is nothing to note.
            if try await read({ reads in try reads.clock().isNews(now) }) {
                try await write { [tools] writes in
                    try writes.apply(writes.clock().look(now, isSteady: isSteady), by: tools)
                }
            }
        } catch {
            return
        }
        clockWatch.saw(now, uptime)
    }
}
