import Installations
import Sealing
import Store

extension PostgresTransaction: SealedWrites {
    /// Nobody waits for this writer, so no part of them ends early: one statement for all, or for those with a fresh key one each
    /// and what goes with it.
    func swap(_ swaps: ArraySlice<KeySwap>, while goesOn: (Int) -> Bool) throws -> (tried: Int, swapped: Int) {
        let swapped = Set(
            try rows(
                """
                UPDATE innkeeper.installation SET wrapped_key = new.wrapped, storage_key = new.primary_key,
                    installation_key = coalesce(new.fresh, installation_key), version = \(InstallationRows.nextVersion)
                FROM unnest($1::int8[], $2::int8[], $3::text[], $4::text[], $5::bytea[], $6::int8[])
                    AS new (number, old_version, old_key, primary_key, wrapped, fresh)
                WHERE installation.number = new.number AND version = old_version AND storage_key = old_key
                RETURNING installation.number
                """, Column(swaps.map(\.row.number.value)), Column(swaps.map(\.row.version)),
                Column(swaps.map(\.row.old.description)), Column(swaps.map(\.primary.description)),
                Column(swaps.map(\.wrapped.bytes)), Column(swaps.map { $0.renewal?.fresh.bitPattern })
            ).map { $0.installation(0) })
        for swap in swaps where swapped.contains(swap.row.number) {
            if let renewal = swap.renewal { write(renewal, of: swap.row) }
        }
        noteWritten()
        return (swaps.count, swapped.count)
    }

    /// Puts everything that is under a fresh key in place of the old: every write of a secret raises the row's version, so nobody
    /// changed them. While events still wait under the old key, it is kept for them.
    private func write(_ renewal: Renewal, of row: StoredInstallationKey) {
        for query in SecretRows.replace(renewal.values.secrets, of: row.number) { later(query) }
        later(Self.replace(renewal.values.events.map { ($0.id, $0.sealed) }))
        later(
            Query(
                """
                INSERT INTO innkeeper.outgoing_key (installation, installation_key, wrapped_key, storage_key)
                SELECT $1, $2, $3, $4 WHERE EXISTS (
                    SELECT 1 FROM innkeeper.event WHERE event.installation = $1
                        AND (\(EventRows.isWaiting) OR event.state = 'dead') AND substr(sealed_body, 3, 8) = $5)
                """, row.number.value, renewal.outgoingID.bitPattern, renewal.outgoing.bytes, row.old.description,
                renewal.outgoingID.bytes))
    }

    func swapBodies(_ swap: BodySwap) throws -> Bool {
        let isCurrent =
            try rows(
                "SELECT FROM innkeeper.installation WHERE number = $1 AND wrapped_key = $2 FOR NO KEY UPDATE",
                swap.number.value, swap.current
            ).first != nil
        guard isCurrent else { return false }
        later(Self.replace(swap.bodies.map { ($0.event, $0.sealed.bytes) }))
        if let through = swap.through {
            later(
                Query(
                    "UPDATE innkeeper.outgoing_key SET resealed_through = $1 WHERE installation = $2", through.number,
                    swap.number.value))
        } else {
            later(Query("DELETE FROM innkeeper.outgoing_key WHERE installation = $1", swap.number.value))
        }
        return true
    }

    /// A body that is gone was settled, and stays gone.
    private static func replace(_ bodies: [(EventID, [UInt8])]) -> Query {
        Query(
            """
            UPDATE innkeeper.event SET sealed_body = new.sealed, bytes = length(new.sealed)
            FROM unnest($1::int8[], $2::bytea[]) AS new (id, sealed)
            WHERE event.id = new.id AND sealed_body IS NOT NULL
            """, Column(bodies.map(\.0.number)), Column(bodies.map(\.1)))
    }
}
