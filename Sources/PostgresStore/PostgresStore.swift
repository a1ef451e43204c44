import Dispatch
package import Installations
package import Sealing
package import Store
import Synchronization
import Webhooks

/// A store in a PostgreSQL database: many processes may run over one.
package final class PostgresStore: Sendable {
    /// What the deployment's keys open and vouch for.
    package let tools: StoreTools
    /// The newest event there was when it was opened.
    package let newestEvent: EventID?
    /// What the start-up log says of the store.
    package let summary: String
    let address: StoreAddress
    let pool: ConnectionPool
    /// How much is kept.
    let counts = KeptCounts()
    /// What keeps it from writing.
    let health = StoreHealth()
    /// Keeps out who would have the store alone.
    let presence: Presence
    /// Whether whoever moves the store has it alone, and ends that.
    private let isMoved: Bool
    /// Makes its backups.
    let drafting: (any BackupDrafting)?
    /// Names this process.
    package let epoch: Epoch
    /// The clock that all processes go by.
    package let clock: ServerClock
    /// Long work on storage keys.
    let keyWork = KeyWorkLink()
    /// When marks were removed last.
    let clearedAt = Mutex<ContinuousClock.Instant?>(nil)
    /// Where the platform's scheduled transactions run.
    let turns = DispatchQueue(label: "store-turns")
    /// Where it is seen to that this process is heard of.
    let watch = DispatchQueue(label: "store-watch")

    /// Opens a deployment that is there, brings its tables up to date and checks that the loaded keys are its keys.
    ///
    /// - Parameters:
    ///   - address: The database.
    ///   - connections: How many connections it may have.
    ///   - keyring: The loaded storage keys.
    ///   - drafting: Makes its backups; none are made without.
    ///   - now: The clock.
    package convenience init(
        at address: StoreAddress, connections: Int = 8, keyring: Keyring, drafting: (any BackupDrafting)? = nil,
        now: @escaping Now = { .now() }
    ) throws {
        try self.init(
            at: address, connections: connections, keyring: keyring, drafting: drafting, now: now, moving: nil)
    }

    /// - Parameter presence: Has the store alone already, as it is moved.
    init(
        at address: StoreAddress, connections: Int, keyring: Keyring, drafting: (any BackupDrafting)? = nil,
        now: @escaping Now = { .now() }, moving presence: Presence?
    ) throws {
        self.address = address
        self.drafting = drafting
        clock = ServerClock(now)
        pool = ConnectionPool((1...max(1, connections)).map { Connection(to: address, number: $0) })
        let opening = try Opening(address, keyring, clock, moving: presence)
        tools = opening.tools
        self.presence = opening.presence
        isMoved = presence != nil
        epoch = opening.epoch
        newestEvent = opening.newestEvent
        summary = opening.summary
        counts.reset(opening.kept)
    }

    package func close() throws {
        pool.close()
        keyWork.end()
        if !isMoved { presence.release() }
    }
}
