import GRDB
import Installations
import Sealing
import Store

extension SQLiteRows: SealedReads {
    func deployment() throws -> StoredDeployment { try DeploymentRow.stored(db) }

    /// Read from the census index.
    func wrappedKeys(under key: StorageKeyID, in range: NumberRange, limit: Int) throws -> StoredInstallationKeys {
        let statement = try DirectStatement(
            """
            SELECT number, addon_key, workspace_id, addon_id, version, token_set, wrapped_key FROM installation
            WHERE storage_key = ? AND number > ? AND number <= ? ORDER BY number LIMIT ?
            """, db)
        var found = StoredInstallationKeys()
        try statement.forEach { values in
            try values.bind(key.description, at: 1)
            try values.bind(range.after, at: 2)
            try values.bind(range.through, at: 3)
            try values.bind(Int64(limit), at: 4)
        } read: { row in
            let number = row.installation(0)
            found.last = number
            guard let id = row.installationID(from: 1) else { return found.unnamed.append(number) }
            found.keys.append(
                StoredInstallationKey(
                    number: number, id: id, old: key, version: row.int64(4), tokenSet: TokenSet(row.int64(5)),
                    wrapped: row.bytes(6)))
        }
        return found
    }

    func sealedValues(
        of numbers: [InstallationNumber], events limit: Int, bytes byteLimit: Int
    ) throws -> [SealedValues] {
        let bodies = try SealedEvents(waitingIndex, db)
        return try numbers.map { number in
            var (events, bytes): ([SealedEvent], Int) = ([], 0)
            try bodies.forEach(of: number) { event in
                events.append(event)
                bytes += event.sealed.count
                return events.count < limit && bytes < byteLimit
            }
            let secrets = try InstallationSecrets(db: db).stored([.named, .webhookTokens], of: number)
            return SealedValues(secrets: secrets, events: events)
        }
    }

    func sealedInstallations(
        in range: NumberRange, limit: Int,
        visit: (SealedInstallation, _ parts: ((SealedPart) throws -> Void) throws -> Void) throws -> Void
    ) throws {
        let installations = try DirectStatement(
            """
            SELECT number, addon_key, workspace_id, addon_id, token_set, \(InstallationKeyColumns.columns),
                installation.storage_key
            FROM installation \(InstallationKeyColumns.join)
            WHERE number > ? AND number <= ? AND installation.wrapped_key IS NOT NULL
            ORDER BY number LIMIT ?
            """, db)
        try installations.forEach { values in
            try values.bind(range.after, at: 1)
            try values.bind(range.through, at: 2)
            try values.bind(Int64(limit), at: 3)
        } read: { row in
            let installation = SealedInstallation(
                number: row.installation(0), id: row.installationID(from: 1), tokenSet: TokenSet(row.int64(4)),
                keys: StoredKeys(current: row.bytes(5), outgoing: row.bytesIfAny(6)),
                storageKey: StorageKeyID(row.text(7)))
            try visit(installation) { part in try visitParts(of: installation.number, part) }
        }
    }

    private func visitParts(of number: InstallationNumber, _ visit: (SealedPart) throws -> Void) throws {
        let secrets = try DirectStatement("SELECT name, sealed FROM installation_secret WHERE installation = ?", db)
        try secrets.forEach {
            try $0.bind(number, at: 1)
        } read: { row in
            try visit(.named(row.text(0), row.bytes(1)))
        }
        let tokens = try DirectStatement("SELECT path, sealed FROM webhook_token WHERE installation = ?", db)
        try tokens.forEach {
            try $0.bind(number, at: 1)
        } read: { row in
            try visit(.token(row.text(0), row.bytes(1)))
        }
        try SealedEvents(waitingIndex, db).forEach(of: number) { event in
            try visit(.event(event))
            return true
        }
    }

    func outgoingKey(in range: NumberRange, limit: Int) throws -> OutgoingKey? {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT number, addon_key, workspace_id, addon_id, installation.wrapped_key,
                    outgoing_key.wrapped_key AS outgoing, resealed_through
                FROM outgoing_key JOIN installation ON number = installation
                WHERE installation > ? AND installation <= ? ORDER BY installation LIMIT 1
                """, arguments: [range.after, range.through])
        guard let row, let id = try InstallationRows.idIfAny(row) else { return nil }
        let number: InstallationNumber = row["number"]
        let events = try SealedEvents(waitingIndex, db).ids(of: number, after: row["resealed_through"], limit: limit)
        return OutgoingKey(
            number: number, id: id,
            keys: StoredKeys(current: row.bytes("wrapped_key"), outgoing: row.bytesIfAny("outgoing")),
            events: events.map { EventID(number: $0) })
    }

    func bodies(of ids: [EventID], bytes: Int) throws -> (bodies: [StoredBody], isAll: Bool) {
        var (bodies, left): ([StoredBody], Int) = ([], bytes)
        for id in ids {
            guard left > 0 else { return (bodies, false) }
            let found = try self.bodies(of: [id])
            bodies += found
            left -= found.reduce(0) { $0 + ($1.sealed?.count ?? 0) }
        }
        return (bodies, true)
    }

    func damagedValues() throws -> Int { try DamagedRows.count(db) }
}
