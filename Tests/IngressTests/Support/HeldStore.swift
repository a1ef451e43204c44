import Installations
import MemoryEngine
import Sealing
import Store
import TestSupport

/// The real store over an engine in memory. Persistence is not the subject here; whether it answers, and when, is.
struct HeldStore: Sendable {
    /// What the parts under test ask.
    let store: Store
    /// Every commit passes here before anybody is told of it.
    let commits = Gate(isOpen: true)
    /// Every read outside of a write passes here.
    let reads = Gate(isOpen: true)
    private let engine: MemoryEngine

    /// A new deployment under the first key of `keyring`.
    ///
    /// - Parameter held: Whoever is given the writer passes here before it takes up anything; nil for nobody.
    init(keyring: Keyring, storageKey: StorageKey, held: Gate?) throws {
        engine = try MemoryEngine(storageKey: storageKey, keyring: keyring, at: TestClock().now)
        store = Store(over: engine)
        if let held { engine.onWriter { held.block() } }
        engine.afterCommit { [commits] in commits.block() }
        engine.onRead { [reads] in reads.block() }
    }

    /// Webhooks in the inbox, oldest first: what they tell, and the length of their sealed bodies.
    var events: [(type: String, bytes: Int)] {
        engine.committed.events.values.filter { !$0.type.hasPrefix("addon.") }.sorted { $0.id < $1.id }
            .map { ($0.type, $0.body?.count ?? 0) }
    }

    /// What the audit log says of lifecycle calls, oldest first.
    var outcomes: [String] { engine.committed.audit.filter { $0.entry.installation != nil }.map(\.entry.outcome) }

    /// Reads of what an installation was given, outside of a lifecycle call's own transaction.
    var credentialReads: Int { engine.calls["known(_:with:)"] ?? 0 }

    /// From now on every commit and every read fails.
    func fail(_ error: StoreError = .unavailable(.failed, code: "test")) {
        engine.fail(error)
        engine.failReads(error)
    }
}
