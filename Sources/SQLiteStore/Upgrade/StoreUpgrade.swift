import GRDB
package import Installations
package import Logging
import Sealing
import ServiceLifecycle
import Store

/// Brings a store from before rows had proofs up to date while it serves, in small transactions that give way to everything
/// else: first its installations, then the events that wait. Then the audit log is walked once, and only if its chain holds
/// does the older form cease to count.
package struct StoreUpgrade: Service, CustomStringConvertible {
    /// Rows in a transaction: a few milliseconds for which a webhook may wait.
    private static let batch = 32
    /// Between two transactions while others write.
    private static let breath = Duration.milliseconds(20)

    private let store: SQLiteStore
    private let logger: Logger
    private let now: Now

    /// The upgrade of `store`, which does nothing to one that is up to date.
    package init(of store: SQLiteStore, logger: Logger, now: @escaping Now) {
        self.store = store
        self.logger = logger
        self.now = now
    }

    package var description: String { "store upgrade" }

    /// Works until the store is up to date, then stays until shut down. Goes on at the next start where it was ended.
    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            if store.authority.gate.takesOlder { await report() }
            try await gracefulShutdown()
        }
    }

    private func report() async {
        do {
            logger.notice("the store is brought up to date while it serves")
            try await bringUpToDate()
            logger.notice("the store is up to date")
        } catch is CancellationError {
            return
        } catch {
            logger.error("the store is not up to date; see: innkeeper doctor", metadata: ["reason": "\(error)"])
        }
    }

    /// All of it.
    func bringUpToDate() async throws {
        try await walk { db, after in try Self.installations(after, Self.batch, store.tools, db) }
        try await walk { db, after in try Self.events(after, Self.batch, store.tools, db) }
        try await store.closeGate(at: now())
    }

    /// Runs steps in transactions of their own. Each returns after what the next begins; nil at the end.
    private func walk(_ step: @escaping @Sendable (Database, Int64) throws -> Int64?) async throws {
        var after: Int64? = 0
        while let last = after {
            try Task.checkCancellation()
            after = try await store.writeGivingWay { db, _ in try step(db, last) }
            if store.traffic.isRecent { try await Task.sleep(for: Self.breath) }
        }
    }

    /// Looks at those as well that are up to date: an index of the others would have to be made before the store is ready.
    private static func installations(
        _ after: Int64, _ limit: Int, _ tools: StoreTools, _ db: Database
    ) throws -> Int64? {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT \(InstallationRows.columns) FROM installation WHERE number > ? ORDER BY number LIMIT ?"),
            arguments: [after, limit])
        for row in rows where row["mac"] as DatabaseValue == .null {
            do {
                guard let id = try InstallationRows.idIfAny(row) else { continue }
                try OlderInstallation(try InstallationRows.standing(row, of: id), tools, db).bringUpToDate()
            } catch StoreError.corruptRow {
                continue  // It does not open in either form; `keys verify` names it.
            }
        }
        return rows.count == limit ? rows.last?["number"] : nil
    }

    private static func events(
        _ after: Int64, _ limit: Int, _ tools: StoreTools, _ db: Database
    ) throws -> Int64? {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT event.id, type, sealed_body, number, addon_key, workspace_id, addon_id,
                        \(InstallationKeyColumns.columns)
                    FROM event JOIN installation ON number = event.installation \(InstallationKeyColumns.join)
                    WHERE event.id > ? AND sealed_body IS NOT NULL AND installation.wrapped_key IS NOT NULL
                    ORDER BY event.id LIMIT ?
                    """), arguments: [after, limit])
        let update = try db.cachedStatement(sql: "UPDATE event SET sealed_body = ? WHERE id = ?")
        for row in rows {
            do {
                let body = EventRows.body(row)
                let event = body.event
                let value = try SealedValue(stored: body.sealed ?? [], in: .event(event))
                guard value.version == .one, let id = body.owner, let keys = body.keys else { continue }
                let key = try keys.open(of: id, number: body.number, tools.vault).key(for: value)
                let sealed = try tools.vault.reseal(
                    value, from: key, to: key, of: id, at: .event(event, type: body.type), in: .event(event))
                try update.execute(arguments: [sealed.bytes.databaseBytes, event.number])
            } catch StoreError.corruptRow {
                continue  // It does not open in either form; `keys verify` names it.
            }
        }
        return rows.count == limit ? rows.last?["id"] : nil
    }
}

extension SQLiteStore {
    /// Lets the older form count no more, once nothing of it is left that opens and the whole audit log holds.
    func closeGate(at: Timestamp) async throws {
        let verdict = try await readRows { [chain] db in
            let start = AuditHead(number: 0, hash: AuditChain.genesis)
            return try AuditWalk.walk(AuditTable(db: db), after: start, against: nil, chain)
        }
        guard case .intact = verdict else {
            throw StoreError.conflict("the chain of the audit log is broken; see: innkeeper audit verify")
        }
        try await write { [chain, authority, keyring] db in
            try DeploymentRow.write(
                .current, authority.seal, chain, at: at, outcome: "nothing older counts any more", db)
            try DeploymentRow.rewrap(for: .current, keyring, db)
        }
        authority.gate.close()
    }
}
