package import Sealing
package import Store

/// A store over PostgreSQL as a place that is moved, or moved into.
package final class PostgresPlace: MovePlace {
    package let name: String
    private let address: StoreAddress
    private let presence: Presence
    private let session: MoveSession

    /// A database that nobody else has open, from here on. Its tables are made where they are missing, or brought up to date.
    ///
    /// - Parameters:
    ///   - name: What it is called; without a password.
    ///   - isNew: Whether there may be no deployment in it.
    package init(at address: StoreAddress, name: String, isNew: Bool) throws {
        var link = try Opening.connect(address)
        presence = try Opening.presence(at: address, alone: true, beside: &link)
        try PostgresOpenError.inWords {
            // In half a copy the deployment's row is missing.
            let isPart = try MoveRow.mark(on: &link) != nil
            if isNew || isPart {
                try Migrations.current.migrate(on: &link)
            } else {
                try Migrations.current.run(on: &link)
            }
        }
        self.address = address
        self.name = name
        session = try MoveSession(address)
    }

    package func mark() throws -> MoveMark? { MoveRow.mark(try session.rows(MoveRow.select)) }

    package func replace(_ old: MoveMark?, by new: MoveMark, isFirst: Bool) throws -> Bool {
        let clearing = isFirst ? Query("DELETE FROM innkeeper.clock") : Query("SELECT")
        let answers = try commit(MoveRow.replace(old, by: new), clearing)
        return answers[1].changes == 1
    }

    package func count(of table: MovedTable) throws -> Int { try session.count(of: table) }

    package func page(of table: MovedTable, after key: MoveKey?, within bounds: MoveBounds) throws -> MovePage {
        try session.page(of: table, after: key, within: bounds)
    }

    package func lastKey(of table: MovedTable) throws -> MoveKey? {
        let moved = MovedRows(table)
        return moved.page(try session.rows(moved.lastKey)).lastKey(in: table)
    }

    package func append(_ page: MovePage, to table: MovedTable) throws {
        _ = try commit(MovedRows(table).insert(page), Query("SELECT"))
    }

    /// And counts what arrived: until then a plan may go by the wrong index.
    package func settleNumbers() throws {
        for table in MovedTable.all { _ = try session.rows(Query("ANALYZE innkeeper.\"\(table.name)\"")) }
        _ = try session.rows(
            Query(
                """
                SELECT setval('innkeeper.installation_number',
                        greatest(1, (SELECT max(number) FROM innkeeper.installation)),
                        EXISTS (SELECT FROM innkeeper.installation WHERE number > 0)),
                    setval('innkeeper.backup_number_seq', greatest(1, (SELECT max(number) FROM innkeeper.backup)),
                        EXISTS (SELECT FROM innkeeper.backup WHERE number > 0))
                """))
    }

    package func open(with keyring: Keyring) throws -> any StoreEngine {
        try PostgresStore(at: address, connections: 2, keyring: keyring, moving: presence)
    }

    package func close() {
        session.end()
        presence.release()
    }

    /// One transaction, whose commit is durable when this returns.
    private func commit(_ queries: Query...) throws -> [ResultRows] {
        _ = session.takeWarnings()
        let answers = try session.exchange(Query("BEGIN"), queries[0], queries[1], Query("COMMIT"))
        // One whose wait for a standby was cancelled has a warning.
        guard answers.last?.tag == "COMMIT", session.takeWarnings() == 0 else {
            throw PostgresOpenError.refused(code: "commit")
        }
        return answers
    }
}
