import Installations
import Store
import Synchronization

/// Whether the store commits, as its last writes showed.
final class StoreHealth: Sendable {
    private struct State {
        var condition: StoreCondition?
        var code = ""
        /// Whether only opening the file afresh ends the condition.
        var isLasting = false
        /// When a write last succeeded or failed.
        var judged: ContinuousClock.Instant?
        /// Since when the writer asks for SQLite's lock.
        var asking: ContinuousClock.Instant?
        /// Since when it has a transaction under way.
        var writing: ContinuousClock.Instant?
    }

    /// How long one may ask for SQLite's lock: this process has one writer, so it is another program that holds it.
    static let patience = Duration.seconds(1)
    /// How long a transaction may take before the disk is taken for stuck.
    static let longest = Duration.seconds(10)

    private let state = Mutex(State())
    /// For one who watches.
    let notices: AsyncStream<StoreNotice>
    private let continuation: AsyncStream<StoreNotice>.Continuation

    init() {
        (notices, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64))
    }

    /// What keeps writes from being committed now; nil when nothing is known to.
    var condition: StoreCondition? {
        state.withLock { state in
            if let condition = state.condition { return condition }
            if let asking = state.asking, .now - asking > Self.patience { return .locked }
            if let writing = state.writing, .now - writing > Self.longest { return .broken }
            return nil
        }
    }

    /// Whether only opening the file afresh helps.
    var isLasting: Bool { state.withLock { $0.isLasting } }

    /// Whether a write has shown the condition within this time.
    func isJudged(within time: Duration) -> Bool {
        state.withLock { state in state.isLasting || state.judged.map { .now - $0 < time } ?? false }
    }

    /// Throws when no write may be tried.
    func check() throws(StoreError) {
        try state.withLock { state throws(StoreError) in
            guard state.isLasting, let condition = state.condition else { return }
            throw .unavailable(condition, code: state.code)
        }
    }

    /// A transaction asks for SQLite's lock.
    func asks() { state.withLock { $0.asking = .now } }

    /// It has it.
    func begins() {
        state.withLock { state in
            state.asking = nil
            state.writing = .now
        }
    }

    /// It is over.
    func ends() {
        state.withLock { state in
            state.asking = nil
            state.writing = nil
        }
    }

    /// A write was committed.
    func succeeded() {
        state.withLock { state in
            state.judged = .now
            guard state.condition != nil, !state.isLasting else { return }
            state.condition = nil
            continuation.yield(.recovered)
        }
    }

    /// A write failed. What lasts stays, whatever comes after it.
    func failed(_ condition: StoreCondition, code: String, isLasting: Bool) {
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
    func tell(_ notice: StoreNotice) { continuation.yield(notice) }
}
