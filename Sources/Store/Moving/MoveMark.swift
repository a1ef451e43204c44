package import Installations

/// What a store says of the last move that it was part of. Each step of a move leaves the two stores with marks by which it can go
/// on, and by which at most one of them may be used.
package struct MoveMark: Hashable, Sendable {
    /// Where the store stands.
    package enum State: String, Sendable {
        /// It is being copied. Whoever uses it meanwhile ends the move: the mark goes.
        case leaving
        /// It was copied, and is not to be used any more.
        case left
        /// It is being filled.
        case arriving
        /// It has everything; the other one may still be in use.
        case checked
        /// It has everything, and is the one to use.
        case arrived
    }

    /// Random, and the same in both stores: half a copy is gone on with by nobody else.
    package let id: String
    /// Where the store stands.
    package let state: State
    /// The other store, as an operator names it: the path of its file, or its URL without a password.
    package let other: String
    /// When it came to stand there.
    package let at: Timestamp

    /// A mark as it is stored.
    package init(id: String, state: State, other: String, at: Timestamp) {
        self.id = id
        self.state = state
        self.other = other
        self.at = at
    }

    /// Whether a store with this mark may be used, which ends a move out of it that has not come to its end.
    ///
    /// - Returns: Whether the mark is to be removed, before anything is written.
    /// - Throws: when the other store is the one to use, or neither is yet.
    package func isEndedByUse() throws(MoveError) -> Bool {
        switch state {
        case .leaving: return true
        case .arrived: return false
        case .left: throw .moved(to: other, at: at)
        case .arriving, .checked: throw .unfinished(from: other)
        }
    }

    /// Whether the store was being filled.
    var isOfHalfACopy: Bool { state == .arriving || state == .checked }

    /// The same in another state.
    func standing(_ state: State, at: Timestamp) -> MoveMark {
        MoveMark(id: id, state: state, other: other, at: at)
    }

    /// The id of a new move.
    static func newID() -> String {
        (0..<2).map { _ in
            let digits = String(UInt64.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

/// What a store is opened for.
package enum StoreUse: Sendable {
    /// To work with it.
    case service
    /// To move it: whatever mark it has stays, and who keeps others out is somebody else's matter.
    case moving
}
