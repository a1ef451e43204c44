import GRDB
package import Installations
import Marketplace
import Sealing
import Store
package import Webhooks

extension SQLiteStore {
    package func ready(_ installations: [Int64]) async throws(StoreError) -> [EventStream] {
        try await read { [waitingIndex] db in
            try installations.compactMap { try StreamRows.ready($0, waitingIndex, db) }
        }
    }

    package func readyStreams(
        after: Int64, limit: Int
    ) async throws(StoreError) -> (streams: [EventStream], last: Int64?) {
        let page = waitingIndex.streams(after: after, limit: limit)
        return (try await ready(page.installations), page.last)
    }

    package func heads(of installations: [Int64], bytes: Int) async throws(StoreError) -> [StreamHead] {
        try await read { [tools, waitingIndex] db in
            let steps = try ClockSteps(db)
            var left = bytes
            return try installations.map { installation in
                guard left > 0 else { return .postponed }
                let head = try HeadRow.fetch(installation, waitingIndex, steps, db, tools)
                if case .event(let event) = head { left -= event.body.count }
                return head
            }
        }
    }
}

/// The head of one stream.
enum HeadRow {
    static func fetch(
        _ installation: Int64, _ waitingIndex: WaitingIndex, _ steps: ClockSteps, _ db: Database, _ tools: StoreTools
    ) throws -> StreamHead {
        let statement = try db.cachedStatement(
            sql: """
                SELECT event.id, type, received_at, replayed_at, attempts, sealed_body,
                    \(InstallationRows.claimColumns), \(InstallationKeyRow.columns), \(ClockSteps.column),
                    EXISTS (SELECT 1 FROM stream_hold WHERE stream_hold.installation = number) AS is_held
                FROM event JOIN installation ON number = event.installation \(InstallationKeyRow.join)
                WHERE event.id = ? AND \(StreamRows.isWaiting)
                """)
        let row = try StreamRows.head(of: installation, waitingIndex) { id in
            try Row.fetchOne(statement, arguments: [id])
        }
        guard let row else { return .empty }
        if row["is_held"] { return .held }
        let id = EventID(number: row["id"])
        do {
            let body = try EventRows.body(row, of: id, tools.vault)
            guard let owner = try InstallationRows.idIfAny(row) else { return .damaged(id) }
            // The add-on's own code is told where the installation stands, and believes it.
            let standing = try InstallationRows.standing(row, of: owner)
            guard try tools.authority.isGenuine(standing.claim, standing.proof, db) else { return .locked(id) }
            return .event(
                WaitingEvent(
                    id: id, installation: installation, owner: owner, status: standing.status, type: row["type"],
                    receivedAt: row.time("received_at"), waitsSince: steps.waitsSince(row), attempts: row.attempts,
                    body: body.expose("the event is on its way to the add-on's own code") { bytes in [UInt8](bytes) }))
        } catch StoreError.corruptRow {
            return .damaged(id)
        } catch StoreError.unknownStorageKey {
            return .locked(id)
        } catch StoreError.storageKeyNotInForce {
            return .locked(id)
        }
    }
}
