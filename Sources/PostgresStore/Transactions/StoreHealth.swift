import Installations
import Store
import Synchronization

/// Whether the store commits, as its last transactions showed.
final class StoreHealth: Sendable {
    private struct State {
        var condition: StoreCondition?
        var code = ""
        /// Whether only a restart ends the condition.
        var isLasting = false
        var judged: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    /// For one who watches.
    let notices: AsyncStream<StoreNotice>
    private let continuation: AsyncStream<StoreNotice>.Continuation

    init() { (notices, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64)) }

    /// What keeps writes from being committed now; nil when nothing is known to.
    var condition: StoreCondition? { state.withLock { $0.condition } }

    /// Whether a transaction has shown it within this time.
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

    /// The server answered, and did what it was asked.
    func succeeded() {
        state.withLock { state in
            state.judged = .now
            guard state.condition != nil, !state.isLasting else { return }
            state.condition = nil
            continuation.yield(.recovered)
        }
    }

    /// It did not. What lasts stays, whatever comes after it.
    func failed(_ condition: StoreCondition, code: String, isLasting: Bool = false) {
        guard condition.isOfStorage else { return }
        state.withLock { state in
            state.judged = .now
            guard !state.isLasting else { return }
            let isNew = state.condition != condition
            (state.condition, state.code, state.isLasting) = (condition, code, isLasting)
            if isNew { continuation.yield(.unavailable(condition, code: code)) }
        }
    }
}

extension StoreCondition {
    /// What a SQLSTATE means for other writes.
    init(sqlState code: String) {
        switch code {
        case "53100": self = .full
        case "25006": self = .readOnly
        // It waited for another transaction, or took too long itself: others may not.
        case "55P03", "57014", "53300": self = .busy
        case _ where code.hasPrefix("58") || code.hasPrefix("XX"): self = .broken
        default: self = .failed
        }
    }
}

extension PostgresStore {
    /// An error in the domain's words. What a reader meets says nothing of writing, unless nobody answers.
    func translate(_ error: any Error, ofWrite: Bool = true) -> StoreError {
        switch error {
        case let error as StoreError: return error
        case LinkFailure.refused(let code):
            let condition = StoreCondition(sqlState: code)
            if ofWrite { health.failed(condition, code: code) }
            return .unavailable(condition, code: code)
        case LinkFailure.lost(let code), LinkFailure.unreachable(let code):
            health.failed(.unreachable, code: code)
            return .unavailable(.unreachable, code: code)
        default: return .unavailable(.failed, code: "unexpected \(type(of: error))")
        }
    }
}
