package import Installations
import Synchronization

/// Whether a store commits, as its last writes showed.
package final class StoreHealth: Sendable {
    private struct State {
        var condition: StoreCondition?
        var code = ""
        /// Whether only a restart ends the condition.
        var isLasting = false
        /// When a write last succeeded or failed.
        var judged: ContinuousClock.Instant?
        /// Since when the one writer asks for the lock of its file.
        var asking: ContinuousClock.Instant?
        /// Since when it has a transaction under way.
        var writing: ContinuousClock.Instant?
    }

    /// How long one may ask for it: this process has one writer, so it is another program that holds it.
    private static let patience = Duration.seconds(1)
    /// How long a transaction may take before the disk is taken for stuck.
    private static let longest = Duration.seconds(10)

    private let state = Mutex(State())
    /// For one who watches.
    package let notices: AsyncStream<StoreNotice>
    private let continuation: AsyncStream<StoreNotice>.Continuation

    /// Nothing is known yet.
    package init() {
        (notices, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64))
    }

    /// What keeps writes from being committed now; nil when nothing is known to.
    package var condition: StoreCondition? {
        state.withLock { state in
            if let condition = state.condition { return condition }
            if let asking = state.asking, .now - asking > Self.patience { return .locked }
            if let writing = state.writing, .now - writing > Self.longest { return .broken }
            return nil
        }
    }

    /// Whether only a restart helps.
    package var isLasting: Bool { state.withLock { $0.isLasting } }

    /// Whether a write has shown the condition within this time.
    package func isJudged(within time: Duration) -> Bool {
        state.withLock { state in state.isLasting || state.judged.map { .now - $0 < time } ?? false }
    }

    /// Throws when no write may be tried.
    package func check() throws(StoreError) {
        try state.withLock { state throws(StoreError) in
            guard state.isLasting, let condition = state.condition else { return }
            throw .unavailable(condition, code: state.code)
        }
    }

    /// A transaction of the one writer asks for the lock.
    package func asks() { state.withLock { $0.asking = .now } }

    /// It has it.
    package func begins() {
        state.withLock { state in
            state.asking = nil
            state.writing = .now
        }
    }

    /// It is over.
    package func ends() {
        state.withLock { state in
            state.asking = nil
            state.writing = nil
        }
    }

    /// A write was committed.
    package func succeeded() {
        state.withLock { state in
            state.judged = .now
            guard state.condition != nil, !state.isLasting else { return }
            state.condition = nil
            continuation.yield(.recovered)
        }
    }

    /// A write failed. What lasts stays, whatever comes after it.
    package func failed(_ condition: StoreCondition, code: String, isLasting: Bool = false) {
        guard condition.isOfStorage else { return }
        state.withLock { state in
            state.judged = .now
            guard !state.isLasting else { return }
            let isNew = state.condition != condition
            (state.condition, state.code, state.isLasting) = (condition, code, isLasting)
            if isNew { continuation.yield(.unavailable(condition, code: code)) }
        }
    }

    /// Something else for whoever watches.
    package func tell(_ notice: StoreNotice) { continuation.yield(notice) }
}
