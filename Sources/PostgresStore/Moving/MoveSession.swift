import Store
import Synchronization

/// A connection that reads and writes whole tables: nothing it does is small, so nothing is cut short.
final class MoveSession: Sendable {
    private let link = Mutex<Link?>(nil)

    /// How long one statement may take, in seconds: counting a table is the longest.
    private static let patience = 3600

    /// Connects.
    init(_ address: StoreAddress) throws {
        try PostgresOpenError.inWords {
            try link.withLock { link throws(LinkFailure) in
                link = try address.connect()
                _ = try link?.rows(Self.settings)
            }
        }
    }

    private static let settings = Query(
        """
        SELECT set_config('statement_timeout', '0', false), set_config('idle_in_transaction_session_timeout', '0', false)
        """)

    /// Sends statements together and reads what each answered.
    func exchange(_ queries: Query...) throws -> [ResultRows] {
        try PostgresOpenError.inWords {
            try link.withLock { link throws(LinkFailure) in
                guard let answers = try link?.exchange(queries, within: Self.patience) else {
                    throw .unreachable(code: "closed")
                }
                return answers
            }
        }
    }

    /// Reads what one statement answers.
    func rows(_ query: Query) throws -> ResultRows { try exchange(query)[0] }

    /// Ends it.
    func end() { link.withLock { $0 = nil } }

    /// How many warnings there were since this was asked last.
    func takeWarnings() -> Int { link.withLock { $0?.takeWarnings() ?? 0 } }
}

extension MoveSession: MoveSource {
    func count(of table: MovedTable) throws -> Int {
        Int(try rows(MovedRows(table).count).first?.int(0) ?? 0)
    }

    func page(of table: MovedTable, after key: MoveKey?, within bounds: MoveBounds) throws -> MovePage {
        let moved = MovedRows(table)
        return moved.page(try rows(moved.page(after: key, within: bounds)))
    }
}
