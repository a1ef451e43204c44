import GRDB
import Installations
import Marketplace
import Sealing
import Webhooks

/// Appends events to the inbox, in the one transaction that its connection is in.
struct EventAppending {
    private let waitingIndex: WaitingIndex
    private let db: Database
    private let current: DirectStatement
    private let insertion: DirectStatement

    init(_ waitingIndex: WaitingIndex, _ db: Database) throws {
        self.waitingIndex = waitingIndex
        self.db = db
        current = try DirectStatement(
            """
            SELECT 1 FROM installation
            WHERE number = ? AND token_set = ? AND installation_key = ? AND ended_at IS NULL
            """, db)
        insertion = try DirectStatement(
            """
            INSERT INTO event (id, installation, type, state, received_at, sealed_body)
            VALUES (?, ?, ?, 'pending', ?, ?)
            """, db)
    }

    /// Appends a webhook only while what accepted it is in force: the same token set, the same installation key, not
    /// ended. The directory that accepted it may be a moment behind; this transaction is not.
    ///
    /// Not one statement, because SQLite makes a second journal for an INSERT … SELECT.
    func appendIfCurrent(_ event: InboxEvent) throws -> Bool {
        let isCurrent = try current.run { values in
            try values.bind(event.installation, at: 1)
            try values.bind(event.tokenSet, at: 2)
            try values.bind(event.installationKey.bitPattern, at: 3)
        }
        guard isCurrent else { return false }
        try append(
            event.id, installation: event.installation, type: event.type, receivedAt: event.receivedAt,
            body: event.body)
        return true
    }

    /// Appends an event.
    func append(
        _ id: EventID, installation: InstallationNumber, type: String, receivedAt: Timestamp, body: SealedValue
    ) throws {
        _ = try body.bytes.withUnsafeBytes { body in
            try insertion.run { values in
                try values.bind(id.number, at: 1)
                try values.bind(installation, at: 2)
                try values.bind(type, at: 3)
                try values.bind(receivedAt.milliseconds, at: 4)
                // A body may have a megabyte.
                try values.borrow(body, at: 5)
            }
        }
        waitingIndex.add(id.number, of: body.bytes.count, to: installation, db)
    }
}
