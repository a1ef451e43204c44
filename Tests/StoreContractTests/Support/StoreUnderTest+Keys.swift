import Installations
import Sealing
import Store
import Testing

extension StoreUnderTest {
    func primary() async throws -> StorageKeyID {
        try #require(try await store.storageKeys().first { $0.state == .primary }).id
    }

    /// Adds a storage key and makes it the primary one.
    @discardableResult
    func promoteNew() async throws -> (old: StorageKeyID, new: StorageKeyID) {
        let old = try await primary()
        let new = try await keys.add(actor: .system).id
        _ = try await keys.advance(new, by: .promote, actor: .system)
        return (old, new)
    }

    /// Installations under a storage key.
    func census(_ id: StorageKeyID) async throws -> Int64 {
        try #require(try await store.storageKeys().first { $0.id == id }).installations
    }

    /// One batch of a rotation, and the deployment's own keys.
    func rewrap(
        from old: StorageKeyID, after: InstallationNumber = 0, limit: Int = 10
    ) async throws -> RewrapBatch {
        _ = try await store.rewrapDeployment(at: now)
        return try await store.rewrap(from: old, in: NumberRange(after: after), limit: limit, at: now)
    }

    func states() async throws -> [StorageKeyState] { try await store.storageKeys().map(\.state) }

    /// Opens all that is sealed.
    func verify() async throws -> VerifyReport {
        try await keys.verify(sample: nil, by: KeyWorker(actor: .system)) { _ in }
    }
}
