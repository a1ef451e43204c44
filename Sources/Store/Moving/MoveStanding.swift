/// Where a move between two stores stands, by what they say of it.
enum MoveStanding {
    /// Nothing was done that counts. The source's old mark, which a new one replaces.
    case fresh(MoveMark?)
    /// Some of it has arrived.
    case leaving(String)
    /// All of it has arrived, and the source is not used any more. The target may not be used yet.
    case left(String)
    /// It has ended.
    case done

    init(_ source: any MovePlace, _ target: any MovePlace) throws {
        let (from, to) = (try source.mark(), try target.mark())
        if let from, let to, from.id == to.id {
            switch (from.state, to.state) {
            case (.leaving, .arriving), (.leaving, .checked):
                self = .leaving(from.id)
                return
            case (.left, .checked):
                self = .left(from.id)
                return
            case (.left, .arrived):
                self = .done
                return
            default: break
            }
        }
        // Of no move between the two.
        _ = try from?.isEndedByUse()
        guard to?.isOfHalfACopy != true else { throw MoveError.otherCopy(target.name) }
        guard to == nil, try Self.isEmpty(target) else { throw MoveError.notEmpty(target.name) }
        self = .fresh(from)
    }

    private static func isEmpty(_ target: any MovePlace) throws -> Bool {
        try MovedTable.all.allSatisfy { table in
            try table.name == MovedTable.ofItsOwn || target.lastKey(of: table) == nil
        }
    }
}

extension MovedTable {
    /// The table that has a row in a new store already.
    static let ofItsOwn = "clock"
}
