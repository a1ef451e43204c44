import Installations
import ServiceLifecycle
import Store
import Synchronization

/// What `/readyz` says on both listeners: whether what the platform sends now would be kept.
final class Readiness: Service, CustomStringConvertible {
    private enum Phase {
        case starting, serving, stopping
    }

    private let store: Store
    private let lacksKey: @Sendable () -> Bool
    private let phase = Mutex(Phase.starting)

    /// - Parameter lacksKey: Whether a storage key is missing that others use: then calls are theirs to answer.
    init(_ store: Store, lacksKey: @escaping @Sendable () -> Bool) {
        self.store = store
        self.lacksKey = lacksKey
    }

    var description: String { "readiness" }

    /// Nil when ready, else the one word why not (contract.md section 3).
    func word() async -> String? {
        switch phase.withLock({ $0 }) {
        case .starting: StoreCondition.starting.word
        case .stopping: StoreCondition.stopping.word
        case .serving: await trouble()
        }
    }

    /// The same, whether it serves or not: why nothing could be kept that came now.
    func trouble() async -> String? {
        lacksKey() ? "keys" : store.isHeard ? await store.condition()?.word : "silent"
    }

    /// Both listeners accept.
    func serves() {
        phase.withLock { if $0 == .starting { $0 = .serving } }
    }

    /// Is told of a shutdown before the listeners are, so that whoever balances load knows first.
    func run() async throws {
        try? await gracefulShutdown()  // Throws when it is cancelled: the end as well.
        phase.withLock { $0 = .stopping }
    }
}
