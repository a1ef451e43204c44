package import Installations
import Store
import Synchronization

extension PostgresStore {
    /// A lock of a session of its own, so that it ends with its process. Beside it stands who has it.
    package func beginKeyWork(_ holder: KeyWorkHolder) async throws(StoreError) -> KeyWorkHolder? {
        try await onWatch { [keyWork, address] () throws(LinkFailure) in try keyWork.begin(holder, at: address) }
    }

    package func keepKeyWork(_ holder: KeyWorkHolder) async throws(StoreError) -> KeyWorkHolder? {
        try await onWatch { [keyWork, address] () throws(LinkFailure) in try keyWork.keep(holder, at: address) }
    }

    package func endKeyWork() async { keyWork.end() }
}

/// The connection that has the lock of long work on storage keys, while this process does it.
final class KeyWorkLink: Sendable {
    private let link = Mutex<Link?>(nil)

    /// Takes the lock. Returns who has it, if another has.
    func begin(_ holder: KeyWorkHolder, at address: StoreAddress) throws(LinkFailure) -> KeyWorkHolder? {
        try link.withLock { link throws(LinkFailure) in
            link = try address.connect()
            do throws(LinkFailure) {
                guard let other = try link?.takeKeyWork(holder) else { return nil }
                link = nil
                return other
            } catch {
                // Whoever has not begun keeps nobody else from it.
                link = nil
                throw error
            }
        }
    }

    /// Looks whether the lock is held still, and takes it again if its session has ended. Returns who has it meanwhile, if another.
    func keep(_ holder: KeyWorkHolder, at address: StoreAddress) throws(LinkFailure) -> KeyWorkHolder? {
        let isHeld = link.withLock { link in
            do throws(LinkFailure) {
                return try link?.rows(Query("SELECT 1")) != nil
            } catch {
                // The server has let the lock go with the session.
                return false
            }
        }
        return isHeld ? nil : try begin(holder, at: address)
    }

    /// Ends it, and its lock.
    func end() { link.withLock { $0 = nil } }
}

extension Link {
    fileprivate mutating func takeKeyWork(_ holder: KeyWorkHolder) throws(LinkFailure) -> KeyWorkHolder? {
        guard try rows(Query("SELECT pg_try_advisory_lock(7, 0)")).first?.bool(0) == true else {
            let row = try rows(Query("SELECT command, actor, process, since FROM innkeeper.key_work")).first
            return row.map(KeyWorkHolder.init) ?? holder
        }
        _ = try rows(
            Query(
                """
                INSERT INTO innkeeper.key_work (one, command, actor, process, since) VALUES (1, $1, $2, $3, $4)
                ON CONFLICT (one) DO UPDATE SET command = excluded.command, actor = excluded.actor,
                    process = excluded.process, since = excluded.since
                """, holder.command, holder.actor.text, holder.processID.map { Int64($0) }, holder.since.milliseconds))
        return nil
    }
}

extension KeyWorkHolder {
    fileprivate init(_ row: ResultRow) {
        self.init(
            command: row.text(0), actor: Actor(text: row.text(1)) ?? .system,
            processID: row.intIfAny(2).map { Int32(clamping: $0) }, since: row.time(3))
    }
}
