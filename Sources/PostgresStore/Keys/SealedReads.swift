import Installations
import Sealing
import Store

extension PostgresTransaction: SealedReads {
    /// Events asked for at once: a stream may have millions.
    private static let page = 256
    /// Bytes of bodies that are in memory at once, but for the last.
    private static let pageBytes: Int64 = 4 << 20

    func deployment() throws -> StoredDeployment {
        // Two that wrap its key anew do so one after the other.
        if isWriting { lock(Query("SELECT FROM innkeeper.deployment FOR NO KEY UPDATE")) }
        return try StorageKeyRows.deployment(try ask(StorageKeyRows.deployment)[0])
    }

    func wrappedKeys(under key: StorageKeyID, in range: NumberRange, limit: Int) throws -> StoredInstallationKeys {
        let rows = try rows(
            """
            SELECT number, addon_key, workspace_id, addon_id, version, token_set, wrapped_key
            FROM innkeeper.installation
            WHERE storage_key = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4
            """, key.description, range.after.value, range.through.value, Int64(limit))
        var found = StoredInstallationKeys()
        rows.forEach { row in
            let number = row.installation(0)
            found.last = number
            guard let id = InstallationRows.id(row, from: 1) else { return found.unnamed.append(number) }
            found.keys.append(
                StoredInstallationKey(
                    number: number, id: id, old: key, version: row.int(4), tokenSet: TokenSet(row.int(5)),
                    wrapped: row.bytes(6)))
        }
        return found
    }

    func sealedValues(of numbers: [InstallationNumber], events: Int, bytes: Int) throws -> [SealedValues] {
        let answers = try ask(
            SecretRows.named(of: numbers), SecretRows.tokens(of: numbers),
            Self.events(of: numbers, each: Int64(events), bytes: Int64(bytes)))
        let secrets = SecretRows.secrets(named: answers[0], tokens: answers[1])
        let found = Dictionary(grouping: answers[2].map { $0 }, by: { $0.installation(0) })
        return numbers.map { number in
            SealedValues(
                secrets: secrets[number] ?? StoredSecrets(),
                events: (found[number] ?? []).map { row in
                    SealedEvent(id: row.event(1), type: row.text(2), sealed: row.bytes(3))
                })
        }
    }

    /// The first events of each that have a body and ids above `after`: at most so many, until they have so many bytes.
    private static func events(
        of numbers: [InstallationNumber], after: EventID? = nil, each limit: Int64, bytes: Int64
    ) -> Query {
        Query(
            """
            SELECT number, event.id, type, sealed_body
            FROM unnest($1::int8[]) AS asked (number)
            CROSS JOIN LATERAL (
                SELECT id, coalesce(sum(bytes) OVER (
                    ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) < $4 AS fits
                FROM (\(oldest)) AS oldest) AS kept
            JOIN innkeeper.event ON event.id = kept.id
            WHERE fits ORDER BY number, event.id
            """, Column(numbers.map(\.value)), after?.number ?? 0, limit, bytes)
    }

    /// The ids of the oldest events of a stream behind `$2` that have a body, at most `$3`: those that wait, and the dead.
    private static let oldest = """
        SELECT id, bytes FROM (
            (SELECT id, bytes FROM innkeeper.event WHERE event.installation = asked.number
                AND state IN ('pending', 'leased') AND id > $2 AND bytes > 0 ORDER BY id LIMIT $3)
            UNION ALL
            (SELECT id, bytes FROM innkeeper.event WHERE event.installation = asked.number
                AND state = 'dead' AND id > $2 AND bytes > 0 ORDER BY id LIMIT $3)) AS either
        ORDER BY id LIMIT $3
        """

    func sealedInstallations(
        in range: NumberRange, limit: Int,
        visit: (SealedInstallation, _ parts: ((SealedPart) throws -> Void) throws -> Void) throws -> Void
    ) throws {
        let found = try rows(
            """
            SELECT number, addon_key, workspace_id, addon_id, token_set, installation.wrapped_key,
                outgoing_key.wrapped_key, installation.storage_key,
                EXISTS (SELECT 1 FROM innkeeper.event WHERE event.installation = number
                    AND (\(EventRows.isWaiting) OR event.state = 'dead'))
            FROM innkeeper.installation LEFT JOIN innkeeper.outgoing_key ON outgoing_key.installation = number
            WHERE number > $1 AND number <= $2 AND installation.wrapped_key IS NOT NULL
            ORDER BY number LIMIT $3
            """, range.after.value, range.through.value, Int64(limit))
        let numbers = found.map { $0.installation(0) }
        // Asked for when the first of them is: mostly nobody looks at more than the keys.
        var secrets: [InstallationNumber: StoredSecrets]?
        try found.forEach { row in
            let number = row.installation(0)
            let installation = SealedInstallation(
                number: number, id: InstallationRows.id(row, from: 1), tokenSet: TokenSet(row.int(4)),
                keys: StoredKeys(current: row.bytes(5), outgoing: row.bytesIfAny(6)),
                storageKey: StorageKeyID(row.text(7)))
            try visit(installation) { part in
                let all = try secrets ?? self.secrets(of: numbers)
                secrets = all
                try Self.visit(all[number] ?? StoredSecrets(), part)
                if row.bool(8) { try visitEvents(of: number, part) }
            }
        }
    }

    private func secrets(of numbers: [InstallationNumber]) throws -> [InstallationNumber: StoredSecrets] {
        let answers = try ask(SecretRows.named(of: numbers), SecretRows.tokens(of: numbers))
        return SecretRows.secrets(named: answers[0], tokens: answers[1])
    }

    private static func visit(_ secrets: StoredSecrets, _ part: (SealedPart) throws -> Void) throws {
        for (name, sealed) in secrets.named { try part(.named(name.rawValue, sealed)) }
        for token in secrets.tokens { try part(.token(token.path, token.sealed)) }
    }

    private func visitEvents(of number: InstallationNumber, _ part: (SealedPart) throws -> Void) throws {
        var last: EventID?
        while true {
            let rows = try ask(
                Self.events(of: [number], after: last, each: Int64(Self.page), bytes: Self.pageBytes))[0]
            try rows.forEach { row in
                last = row.event(1)
                try part(.event(SealedEvent(id: row.event(1), type: row.text(2), sealed: row.bytes(3))))
            }
            if rows.count == 0 { return }
        }
    }

    func outgoingKey(in range: NumberRange, limit: Int) throws -> OutgoingKey? {
        let row = try rows(
            """
            SELECT number, addon_key, workspace_id, addon_id, installation.wrapped_key, outgoing_key.wrapped_key,
                resealed_through
            FROM innkeeper.outgoing_key JOIN innkeeper.installation ON number = installation
            WHERE installation > $1 AND installation <= $2 ORDER BY installation LIMIT 1
            """, range.after.value, range.through.value
        ).first
        guard let row else { return nil }
        let number = row.installation(0)
        guard let id = InstallationRows.id(row, from: 1) else { throw StoreError.corruptRow(.installation(number)) }
        let events = try rows(
            "SELECT oldest.id FROM (SELECT $1::int8 AS number) AS asked CROSS JOIN LATERAL (\(Self.oldest)) AS oldest",
            number.value, row.int(6), Int64(limit))
        return OutgoingKey(
            number: number, id: id, keys: StoredKeys(current: row.bytes(4), outgoing: row.bytesIfAny(5)),
            events: events.map { $0.event(0) })
    }

    func bodies(of ids: [EventID], bytes: Int) throws -> (bodies: [StoredBody], isAll: Bool) {
        let rows = try rows(
            """
            WITH asked AS MATERIALIZED (
                SELECT asked.id, place, coalesce(sum(event.bytes) OVER (
                    ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) < $2 AS fits
                FROM unnest($1::int8[]) WITH ORDINALITY AS asked (id, place)
                LEFT JOIN innkeeper.event ON event.id = asked.id
            )
            SELECT \(EventRows.body), bool_and(fits) OVER ()
            FROM asked LEFT JOIN (\(EventRows.bodySource)) ON event.id = asked.id AND fits
            ORDER BY place
            """, Column(ids.map(\.number)), Int64(bytes))
        let bodies = rows.compactMap { row in row.isNull(8) ? nil : EventRows.body(row) }
        return (bodies, rows.first?.bool(9) ?? true)
    }

    func damagedValues() throws -> Int {
        Int(try rows("SELECT count(*) FROM innkeeper.damaged_value").first?.int(0) ?? 0)
    }
}
