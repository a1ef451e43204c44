package import Sealing

/// The use cases of storage keys: the life of each, and the work that a change of keys needs.
///
/// Work on many installations is done in batches, each complete in itself: whoever drives them may stop after any batch
/// and go on later, because the rows themselves are the progress.
package struct StorageKeyManager: Sendable {
    private let store: any KeyRotationStore
    private let keyring: Keyring
    private let now: Now

    /// A manager over the store's keys and their files.
    package init(store: any KeyRotationStore, keyring: Keyring, now: @escaping Now) {
        self.store = store
        self.keyring = keyring
        self.now = now
    }

    /// Makes a new key, `prepared`. Its file is durable before its row: no row may ever name a key that a crash can take.
    package func add(actor: Actor) async throws(StorageKeyError) -> StorageKeyRecord {
        let key = StorageKey.random()
        do {
            try keyring.add(key)
        } catch {
            throw .file(error)
        }
        try await stored { () async throws(StoreError) in
            try await store.addStorageKey(key, actor: actor, at: now())
        }
        return try await record(of: key.id)
    }

    /// Takes one step in a key's life.
    ///
    /// - Parameter immediately: Destroys a key before its seven days are over.
    package func take(
        _ step: StorageKeyStep, of id: StorageKeyID, immediately: Bool = false, actor: Actor
    ) async throws(StorageKeyError) -> StorageKeyRecord {
        if step == .promote || step == .enable {
            // A key without its file must not come into use; reading it here also finds a file that was put back.
            do {
                _ = try keyring.key(id)
            } catch {
                guard try await isKnown(id) else { throw .refused(.unknown) }
                throw .store(.unknownStorageKey(id))
            }
        }
        let outcome = try await stored { () async throws(StoreError) in
            try await store.take(step, of: id, immediately: immediately, actor: actor, at: now())
        }
        let record: StorageKeyRecord
        switch outcome {
        case .success(let taken): record = taken
        case .failure(let refusal): throw .refused(refusal)
        }
        // The row first: after a crash in between the step is repeated and the file goes then. The other way round a
        // disabled key could be enabled without its file.
        if step == .destroy { try removeFile(of: id) }
        return record
    }

    /// Wraps the next installation keys anew under the primary key, and the deployment key with the first batch.
    ///
    /// - Parameter after: The last number the batch before looked at, per old key; 0 to begin.
    package func rewrap(
        from old: StorageKeyID, after: Int64, limit: Int
    ) async throws(StorageKeyError) -> RewrapBatch {
        try await stored { () async throws(StoreError) in
            if after == 0 { _ = try await store.rewrapDeployment(at: now()) }
            return try await store.rewrap(from: old, after: after, limit: limit, at: now())
        }
    }

    /// Opens every sealed value of the next installations.
    package func verify(after: Int64, limit: Int) async throws(StorageKeyError) -> VerifyBatch {
        try await stored { () async throws(StoreError) in
            try await store.verify(after: after, limit: limit, at: now())
        }
    }

    private func removeFile(of id: StorageKeyID) throws(StorageKeyError) {
        do throws(KeyFileError) {
            try keyring.remove(id)
        } catch .missing {
            return  // Gone already: the step was repeated.
        } catch {
            throw .file(error)
        }
    }

    private func isKnown(_ id: StorageKeyID) async throws(StorageKeyError) -> Bool {
        try await stored { () async throws(StoreError) in try await store.storageKeys() }.contains { $0.id == id }
    }

    private func record(of id: StorageKeyID) async throws(StorageKeyError) -> StorageKeyRecord {
        let keys = try await stored { () async throws(StoreError) in try await store.storageKeys() }
        guard let record = keys.first(where: { $0.id == id }) else { throw .refused(.unknown) }
        return record
    }

    private func stored<Answer>(
        _ body: () async throws(StoreError) -> Answer
    ) async throws(StorageKeyError) -> Answer {
        do {
            return try await body()
        } catch {
            throw .store(error)
        }
    }
}

/// Why an operation on a storage key did not happen.
package enum StorageKeyError: Error, CustomStringConvertible {
    /// The key's state forbids it.
    case refused(StorageKeyRefusal)
    /// Its file.
    case file(KeyFileError)
    /// The store.
    case store(StoreError)

    package var description: String {
        switch self {
        case .refused(let refusal): return "\(refusal)"
        case .file(let error): return "\(error)"
        case .store(let error): return "\(error)"
        }
    }
}
