package import Installations
import Synchronization

/// Tells the dispatcher which streams got events, from the transactions that committed them. Costs the webhook's path a
/// lock and an insertion into a set; nothing is written for it.
package final class Arrivals: Sendable {
    private struct State {
        var streams: Set<InstallationNumber> = []
        var isShort = false
    }

    /// What arrived since the last look.
    package struct Batch: Sendable {
        /// The streams, each once.
        package let streams: [InstallationNumber]
        /// Whether streams had to be left out, so that the store must be asked.
        package let isShort: Bool
    }

    /// Streams remembered between two looks.
    private static let capacity = 50_000

    private let state = Mutex(State())
    /// Yields when something arrived.
    let signal = Signal()

    /// Nothing has arrived.
    package init() {}

    /// Notes streams that have events to deliver. Called after the commit: what is noted can be read.
    package func note(_ streams: [InstallationNumber]) {
        state.withLock { state in
            for stream in streams {
                if state.streams.count < Self.capacity || state.streams.contains(stream) {
                    state.streams.insert(stream)
                } else {
                    state.isShort = true
                }
            }
        }
        signal.wake()
    }

    /// Notes that there are streams with events to deliver which nobody can name.
    package func noteShort() {
        state.withLock { $0.isShort = true }
        signal.wake()
    }

    /// Takes what arrived.
    package func drain() -> Batch {
        state.withLock { state in
            let batch = Batch(streams: Array(state.streams), isShort: state.isShort)
            state = State()
            return batch
        }
    }
}
