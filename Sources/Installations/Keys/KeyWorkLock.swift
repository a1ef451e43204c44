import Synchronization

/// Who does long work on storage keys.
package struct KeyWorkHolder: Sendable, CustomStringConvertible {
    /// The command, such as `keys rotate`.
    package let command: String
    /// Who asked for it.
    package let actor: Actor
    /// The process that waits for it, as it says itself; nil for others than the command line.
    package let processID: Int32?
    /// Since when.
    package let since: Timestamp

    /// A holder.
    package init(command: String, actor: Actor, processID: Int32?, since: Timestamp) {
        self.command = command
        self.actor = actor
        self.processID = processID
        self.since = since
    }

    package var description: String {
        let process = processID.map { ", process \($0)" } ?? ""
        return "\"\(command)\" of \(actor.text)\(process), since \(since.rfc3339)"
    }
}

/// Lets one rotation, rewrap or re-encryption work at a time. Two would do no harm, each row is compared before it is
/// swapped; but each would report half of the work, and one of them would retire a key under the other's feet.
final class KeyWorkLock: Sendable {
    private let store: any KeyRotationStore
    private let holder = Mutex<KeyWorkHolder?>(nil)

    /// A lock of all processes that have this store open.
    init(over store: any KeyRotationStore) { self.store = store }

    /// Whether this process holds it.
    var isHeld: Bool { holder.withLock { $0 != nil } }

    /// Runs `body` as the only holder.
    ///
    /// - Throws: `.busy` with whoever holds it now; what `body` throws.
    func hold<Result>(_ candidate: KeyWorkHolder, _ body: () async throws -> Result) async throws -> Result {
        if let current = acquire(candidate) { throw StorageKeyError.busy(current) }
        defer { holder.withLock { $0 = nil } }
        if let other = try await begin(candidate) { throw StorageKeyError.busy(other) }
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        await store.endKeyWork()
        return try result.get()
    }

    /// Looks whether the work that is being done is this process's still.
    ///
    /// - Throws: `.busy` with whoever does it now: another that began when the store had let go of this process.
    func keep() async throws(StorageKeyError) {
        guard let holder = holder.withLock({ $0 }) else { return }
        let other: KeyWorkHolder?
        do {
            other = try await store.keepKeyWork(holder)
        } catch {
            throw .store(error)
        }
        if let other { throw .busy(other) }
    }

    private func begin(_ candidate: KeyWorkHolder) async throws(StorageKeyError) -> KeyWorkHolder? {
        do {
            return try await store.beginKeyWork(candidate)
        } catch {
            throw .store(error)
        }
    }

    private func acquire(_ candidate: KeyWorkHolder) -> KeyWorkHolder? {
        holder.withLock { holder in
            if let holder { return holder }
            holder = candidate
            return nil
        }
    }
}
