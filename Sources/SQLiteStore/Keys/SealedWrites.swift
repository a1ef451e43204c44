import GRDB
import Installations
import Sealing
import Store

extension SQLiteRows: SealedWrites {
    func swap(_ swaps: ArraySlice<KeySwap>, while goesOn: (Int) -> Bool) throws -> (tried: Int, swapped: Int) {
        let statement = try DirectStatement(
            """
            UPDATE installation SET wrapped_key = ?1, storage_key = ?2, version = \(InstallationRows.nextVersion)
            WHERE number = ?3 AND version = ?4 AND storage_key = ?5
            """, db)
        var (tried, swapped) = (0, 0)
        for swap in swaps {
            guard goesOn(tried) else { break }
            tried += 1
            try statement.run { values in
                try values.bind(swap.wrapped.bytes, at: 1)
                try values.bind(swap.primary.description, at: 2)
                try values.bind(swap.row.number, at: 3)
                try values.bind(swap.row.version, at: 4)
                try values.bind(swap.row.old.description, at: 5)
            }
            guard db.changesCount == 1 else { continue }
            swapped += 1
            if let renewal = swap.renewal { try write(renewal, of: swap.row) }
        }
        return (tried, swapped)
    }

    /// Puts a fresh key and everything under it in place of the old: every write of a secret raises the row's version, so
    /// nobody changed them. While events still wait under the old key, it is kept for them.
    private func write(_ renewal: Renewal, of row: StoredInstallationKey) throws {
        try db.cachedStatement(sql: "UPDATE installation SET installation_key = ? WHERE number = ?")
            .execute(arguments: [renewal.fresh.bitPattern, row.number])
        try InstallationSecrets(db: db).replace(renewal.values.secrets, of: row.number)
        for event in renewal.values.events { try replaceBody(of: event.id, by: event.sealed) }
        guard try SealedEvents(waitingIndex, db).isAny(of: row.number, under: renewal.outgoingID) else { return }
        try db.cachedStatement(
            sql:
                "INSERT INTO outgoing_key (installation, installation_key, wrapped_key, storage_key) VALUES (?, ?, ?, ?)"
        ).execute(arguments: [
            row.number, renewal.outgoingID.bitPattern, renewal.outgoing.bytes.databaseBytes, row.old.description,
        ])
    }

    func swapBodies(_ swap: BodySwap) throws -> Bool {
        let isCurrent = try Int.fetchOne(
            db, sql: "SELECT 1 FROM installation WHERE number = ? AND wrapped_key = ?",
            arguments: [swap.number, swap.current.databaseBytes])
        guard isCurrent != nil else { return false }
        for body in swap.bodies { try replaceBody(of: body.event, by: body.sealed.bytes) }
        if let through = swap.through {
            try db.execute(
                sql: "UPDATE outgoing_key SET resealed_through = ? WHERE installation = ?",
                arguments: [through.number, swap.number])
        } else {
            try db.execute(sql: "DELETE FROM outgoing_key WHERE installation = ?", arguments: [swap.number])
        }
        return true
    }

    /// A body that is gone was settled, and stays gone.
    private func replaceBody(of event: EventID, by sealed: [UInt8]) throws {
        try db.cachedStatement(sql: "UPDATE event SET sealed_body = ? WHERE id = ? AND sealed_body IS NOT NULL")
            .execute(arguments: [sealed.databaseBytes, event.number])
    }
}
