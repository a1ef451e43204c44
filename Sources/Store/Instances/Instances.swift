package import Installations
import Sealing
import Webhooks

/// What a process does for its place among those that share the store. All of it is nothing where one has the store to itself.
extension Store {
    /// Whether others may share the store.
    package var isShared: Bool { shared != nil }

    /// A digest of what this process is configured with, as a text: nothing can be told from it without the deployment's key.
    package func digest(of configuration: [UInt8]) -> String {
        tools.keys.configuration.digest(of: configuration).bytes.map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }

    /// Whether this process does what one does for all.
    package var isElected: Bool { membership.isElected(shared?.epoch) }

    /// Says that this process serves and how it stands, and hears of all others. The streams of one that is gone are looked for.
    package func beat(_ profile: InstanceProfile) async throws(StoreError) {
        guard let shared else { return }
        let sent = ContinuousClock.now
        let beat = try await shared.beat(profile, isElected: isElected)
        if membership.heard(beat, sent: sent) { called.noteShort() }
    }

    /// This process serves no more.
    package func leave() async {
        guard let shared else { return }
        await shared.leave()
        membership.left()
    }

    /// Counts how much is kept, if that is this process's to do. One that is alone knows by itself.
    package func count() async throws(StoreError) {
        guard let shared, isElected, membership.instances.count > 1 else { return }
        try await shared.count()
    }

    package func beginKeyWork(_ holder: KeyWorkHolder) async throws(StoreError) -> KeyWorkHolder? {
        try await shared?.beginKeyWork(holder)
    }

    package func keepKeyWork(_ holder: KeyWorkHolder) async throws(StoreError) -> KeyWorkHolder? {
        try await shared?.keepKeyWork(holder)
    }

    package func endKeyWork() async { await shared?.endKeyWork() }

    package func spendReading(
        by actor: Actor, interval: Int64, burst: Int64
    ) async throws(StoreError) -> Int64? {
        try await shared?.spend(actor.text, interval: interval, burst: burst)
    }
}
