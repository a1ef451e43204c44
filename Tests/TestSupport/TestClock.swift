package import Installations
import Synchronization

/// A clock that stands still until it is moved.
package final class TestClock: Sendable {
    private let milliseconds: Mutex<Int64>

    /// A clock at 2026-11-23T12:00:00Z.
    package init() {
        milliseconds = Mutex(1_795_435_200_000)
    }

    /// What it shows.
    package var now: Timestamp { Timestamp(milliseconds: milliseconds.withLock { $0 }) }

    /// Moves it.
    package func advance(seconds: Int64) {
        milliseconds.withLock { $0 += seconds * 1000 }
    }
}
