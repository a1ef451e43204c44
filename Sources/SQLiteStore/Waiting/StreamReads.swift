import GRDB
import Installations
import Marketplace
import Sealing
import Store
import Webhooks

/// The heads of streams and what holds them back.
extension SQLiteRows: StreamReads {
    func ready(_ streams: [InstallationNumber]) throws -> [EventStream] {
        try streams.compactMap { try StreamRows.ready($0, waitingIndex, db) }
    }

    func readyStreams(after: Int64, limit: Int) throws -> (streams: [EventStream], last: Int64?) {
        let page = waitingIndex.streams(after: after, limit: limit)
        return (try ready(page.installations), page.last)
    }

    func heads(of streams: [InstallationNumber], bytes: Int) throws -> [StoredHead] {
        var left = bytes
        return try streams.map { stream in
            guard left > 0 else { return .postponed }
            let head = try head(of: stream)
            if case .event(let event) = head { left -= event.body.sealed?.count ?? 0 }
            return head
        }
    }

    private func head(of stream: InstallationNumber) throws -> StoredHead {
        let statement = try db.cachedStatement(
            sql: """
                SELECT event.id, type, received_at, replayed_at, attempts, sealed_body,
                    \(InstallationRows.claimColumns), \(InstallationKeyColumns.columns), \(ClockRows.column),
                    EXISTS (SELECT 1 FROM stream_hold WHERE stream_hold.installation = number) AS is_held
                FROM event JOIN installation ON number = event.installation \(InstallationKeyColumns.join)
                WHERE event.id = ? AND \(StreamRows.isWaiting)
                """)
        let row = try StreamRows.head(of: stream, waitingIndex) { id in
            try Row.fetchOne(statement, arguments: [id])
        }
        guard let row else { return .empty }
        if row["is_held"] { return .held }
        return .event(
            StoredHeadEvent(
                body: EventRows.body(row), dates: EventRows.dates(row), attempts: row.attempts,
                known: try known(row)))
    }

    /// The installation in a row with at least `claimColumns`; why it does not read, if it does not.
    private func known(_ row: Row) throws -> Result<KnownInstallation, StoreError> {
        do {
            guard let id = try InstallationRows.idIfAny(row) else {
                return .failure(.corruptRow(.installation(row["number"])))
            }
            let standing = try InstallationRows.standing(row, of: id)
            let latest = try AuditRows.latest(about: standing.subject, db)
            return .success(KnownInstallation(standing: standing, latest: latest))
        } catch let error as StoreError {
            return .failure(error)
        }
    }

    func endedHolds(at now: Timestamp, limit: Int) throws -> (streams: [InstallationNumber], next: Timestamp?) {
        let streams = try InstallationNumber.fetchAll(
            db.cachedStatement(
                sql: "SELECT installation FROM stream_hold WHERE until <= ? ORDER BY until LIMIT ?"),
            arguments: [now.milliseconds, limit])
        let next = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT min(until) FROM stream_hold WHERE until > ?"),
            arguments: [now.milliseconds])
        return (streams, next.map { Timestamp(milliseconds: $0) })
    }

    func overlongHolds(
        at now: Timestamp, longest: Int64, limit: Int
    ) throws -> [(stream: InstallationNumber, length: Int64)] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT installation, length FROM stream_hold
                    WHERE until - length > ?1 OR until > ?1 + ?2 LIMIT ?3
                    """), arguments: [now.milliseconds, longest, limit]
        ).map { ($0[0], $0[1]) }
    }
}
