/// The part of a move that blocks: rows are read in one store and written, or looked for, in the other.
struct MovingRows {
    let source: any MovePlace
    let target: any MovePlace
    let probe: MoveProbe
    let report: @Sendable (MoveProgress) -> Void
    let isCancelled: () -> Bool

    init(
        from source: any MovePlace, to target: any MovePlace, probe: @escaping MoveProbe,
        report: @escaping @Sendable (MoveProgress) -> Void, isCancelled: @escaping () -> Bool
    ) {
        self.source = source
        self.target = target
        self.probe = probe
        self.report = report
        self.isCancelled = isCancelled
    }

    /// Adds what the target does not have yet.
    func copy() throws {
        var counter = MoveCounter(phase: .copy, total: try total(in: source), report)
        counter.add(try total(in: target))
        for table in MovedTable.all {
            var after = try target.lastKey(of: table)
            while let page = try next(table, after) {
                try target.append(page, to: table)
                probe(.pageWritten)
                after = page.lastKey(in: table)
                counter.add(page.count)
            }
        }
        try target.settleNumbers()
    }

    /// Compares every row.
    func compare() throws -> MoveReport {
        var counter = MoveCounter(phase: .compare, total: try total(in: source), report)
        var made = MoveReport()
        for table in MovedTable.all {
            var (rows, after): (Int, MoveKey?) = (0, nil)
            while let page = try next(table, after) {
                guard try target.page(of: table, after: after, within: MoveBounds(rows: page.count)) == page else {
                    throw MoveError.differs(table: table.name)
                }
                after = page.lastKey(in: table)
                rows += page.count
                counter.add(page.count)
            }
            guard try target.page(of: table, after: after, within: MoveBounds(rows: 1)).count == 0 else {
                throw MoveError.differs(table: table.name)
            }
            made.tables.append((table.name, rows))
        }
        return made
    }

    /// The source's next rows; nil at the end of the table.
    private func next(_ table: MovedTable, _ after: MoveKey?) throws -> MovePage? {
        if isCancelled() { throw CancellationError() }
        let page = try source.page(of: table, after: after, within: .batch)
        return page.count > 0 ? page : nil
    }

    private func total(in place: any MovePlace) throws -> Int {
        try MovedTable.all.reduce(0) { $0 + (try place.count(of: $1)) }
    }
}

/// Counts rows and tells of them.
private struct MoveCounter {
    private let phase: MoveProgress.Phase
    private let total: Int
    private let report: @Sendable (MoveProgress) -> Void
    private var done = 0

    init(phase: MoveProgress.Phase, total: Int, _ report: @escaping @Sendable (MoveProgress) -> Void) {
        self.phase = phase
        self.total = total
        self.report = report
    }

    mutating func add(_ rows: Int) {
        done += rows
        report(MoveProgress(phase: phase, done: done, total: total))
    }
}
