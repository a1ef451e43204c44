import Synchronization

/// Why there is no memory for a body now.
package enum BodyRefusal: Error, Sendable {
    /// All that bodies may take together is taken.
    case full
    /// All that one holder may take is taken.
    case shareTaken
}

/// What bodies of requests may take of the memory, all together and each holder's.
package final class BodyBudget<Holder: Hashable & Sendable>: Sendable {
    private struct State {
        var taken = 0
        var byHolder: [Holder: Int] = [:]
        /// The most that was taken since somebody asked.
        var highest = 0
    }

    private let total: Int
    private let share: Int
    private let state = Mutex(State())

    /// A budget of `total` bytes, of which one holder gets at most `share`.
    package init(total: Int, share: Int) {
        self.total = total
        self.share = share
    }

    /// Bytes that are taken now.
    package var taken: Int { state.withLock { $0.taken } }

    /// Takes `bytes` for as long as the charge lives.
    package func charge(_ bytes: Int, to holder: Holder) throws(BodyRefusal) -> BodyCharge<Holder> {
        let charge = BodyCharge(budget: self, holder: holder)
        try charge.grow(to: bytes)
        return charge
    }

    /// The most that was taken since the last call.
    package func resetHighest() -> Int {
        state.withLock { state in
            defer { state.highest = state.taken }
            return state.highest
        }
    }

    fileprivate func reserve(_ bytes: Int, _ holder: Holder) throws(BodyRefusal) {
        try state.withLock { state throws(BodyRefusal) in
            let held = state.byHolder[holder, default: 0]
            guard bytes <= share - held else { throw .shareTaken }
            guard bytes <= total - state.taken else { throw .full }
            state.byHolder[holder] = held + bytes
            state.taken += bytes
            state.highest = max(state.highest, state.taken)
        }
    }

    fileprivate func release(_ bytes: Int, _ holder: Holder) {
        guard bytes > 0 else { return }
        state.withLock { state in
            state.taken -= bytes
            let left = state.byHolder[holder, default: 0] - bytes
            // Nobody is remembered who holds nothing.
            state.byHolder[holder] = left > 0 ? left : nil
        }
    }
}

/// What one body takes of a budget; given back when nobody refers to it any more, which is when nobody can have the body.
package final class BodyCharge<Holder: Hashable & Sendable>: Sendable {
    private let budget: BodyBudget<Holder>
    private let holder: Holder
    private let charged = Atomic(0)

    fileprivate init(budget: BodyBudget<Holder>, holder: Holder) {
        self.budget = budget
        self.holder = holder
    }

    deinit {
        budget.release(charged.load(ordering: .relaxed), holder)
    }

    /// Bytes that are paid for.
    package var bytes: Int { charged.load(ordering: .relaxed) }

    /// Takes what is missing to `bytes`. One caller at a time.
    package func grow(to bytes: Int) throws(BodyRefusal) {
        let missing = bytes - self.bytes
        guard missing > 0 else { return }
        try budget.reserve(missing, holder)
        charged.add(missing, ordering: .relaxed)
    }
}
