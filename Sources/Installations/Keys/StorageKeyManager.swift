package import Sealing

/// The use cases of storage keys: the life of each, and the work that a change of keys needs.
package struct StorageKeyManager: Sendable {
    /// How long a promotion waits for processes that have not loaded the key.
    private static let loadingPatience = Duration.seconds(10)

    private let store: any KeyRotationStore
    private let keyring: Keyring
    private let now: Now
    private let probe: RotationProbe
    private let lock: KeyWorkLock

    /// A manager over the store's keys and their files.
    package init(
        store: any KeyRotationStore, keyring: Keyring, now: @escaping Now, probe: @escaping RotationProbe = { _ in }
    ) {
        self.store = store
        self.keyring = keyring
        self.now = now
        self.probe = probe
        lock = KeyWorkLock(over: store)
    }

    /// Makes a new key, `prepared`. Its file is durable before its row: no row may ever name a key that a crash can take.
    package func add(actor: Actor) async throws(StorageKeyError) -> StorageKeyRecord {
        let key = StorageKey.random()
        do {
            try keyring.add(key)
        } catch {
            throw .file(error)
        }
        probe(.keyWritten)
        try await stored { () async throws(StoreError) in
            try await store.addStorageKey(key, actor: actor, at: now())
        }
        probe(.keyCommitted)
        return try await record(of: key.id)
    }

    /// Whether this process does long work on the storage keys.
    package var isWorking: Bool { lock.isHeld }

    /// Whether a key's file is there and is the key's.
    func hasFile(of id: StorageKeyID) -> Bool { keyring.hasFile(of: id) }

    /// Before anything is wrapped under the primary key, or can be opened by it alone: under a key that only memory has
    /// everything would be lost with the process.
    private func requirePrimaryFile() async throws(StorageKeyError) {
        let keys = try await stored { () async throws(StoreError) in try await store.storageKeys() }
        guard let primary = keys.first(where: { $0.state == .primary }), !hasFile(of: primary.id) else { return }
        throw .store(.unknownStorageKey(primary.id))
    }

    /// Takes one step in a key's life. One that is refused is on record like one that is taken.
    ///
    /// - Parameter immediately: Destroys a key before its seven days are over.
    package func advance(
        _ id: StorageKeyID, by step: StorageKeyStep, immediately: Bool = false, actor: Actor
    ) async throws(StorageKeyError) -> StorageKeyRecord {
        do {
            return try await take(step, of: id, immediately: immediately, actor: actor)
        } catch {
            // The store is not asked to write down that it does not write.
            if case .store(.unavailable) = error { throw error }
            try await note(step.action, id.description, "refused: \(error)", actor)
            throw error
        }
    }

    /// Takes one step in a key's life, as part of something that is on record itself.
    func take(
        _ step: StorageKeyStep, of id: StorageKeyID, immediately: Bool = false, actor: Actor
    ) async throws(StorageKeyError) -> StorageKeyRecord {
        if step == .promote || step == .enable {
            // A key without its file must not come into use; reading it here also finds a file that was put back.
            let known = try await record(of: id)
            do {
                try keyring.check(id, knownBy: known.checkValue)
            } catch {
                throw .store(.unknownStorageKey(id))
            }
        }
        if step == .retire || step == .destroy { try await requirePrimaryFile() }
        let record = try await advance(id, by: step, immediately, actor)
        switch record.state {
        case .prepared, .primary, .retiring: keyring.permit(id)
        case .disabled, .destroyed: keyring.forbid(id)
        }
        // The row first: after a crash in between the step is repeated and the file goes then. The other way round a
        // disabled key could be enabled without its file.
        if step == .destroy { try removeFile(of: id) }
        return record
    }

    /// The step in the store. Every process that serves loads a new key within seconds, where it has the file.
    private func advance(
        _ id: StorageKeyID, by step: StorageKeyStep, _ immediately: Bool, _ actor: Actor
    ) async throws(StorageKeyError) -> StorageKeyRecord {
        let end = ContinuousClock.now + Self.loadingPatience
        while true {
            let outcome = try await stored { () async throws(StoreError) in
                try await store.advance(id, by: step, immediately: immediately, actor: actor, at: now())
            }
            switch outcome {
            case .success(let taken): return taken
            case .failure(.notLoaded) where .now < end && !Task.isCancelled:
                try? await Task.sleep(for: .milliseconds(250))  // Cancelled: the condition ends it.
            case .failure(let refusal): throw .refused(refusal)
            }
        }
    }

    /// Changes the storage key of everything, or goes on where an earlier call stood. Ends after a batch when its task is
    /// cancelled.
    ///
    /// - Throws: `StorageKeyError`, `.busy` when somebody does such work already; `CancellationError`.
    package func rotate(
        reencrypt: Bool, by worker: KeyWorker, report: @escaping @Sendable (KeyWorkProgress) -> Void
    ) async throws -> RotationReport {
        let done = try await lock.hold(holder("keys rotate", worker)) {
            // Its steps between the batches, too: a rotation goes on from wherever it stands.
            try await KeyWork.patiently { try await rotation(worker, report).run(reencrypt: reencrypt) }
        }
        // One that ends well is recorded by the store itself, in the transaction that ends it.
        if done.corrupt > 0 {
            try await note(
                .rotateStorageKey, done.from.description, "\(done.corrupt) values do not open", worker.actor)
        }
        return done
    }

    /// What `rotate` would do; changes nothing.
    package func planRotation(reencrypt: Bool, by worker: KeyWorker) async throws -> RotationReport {
        try await rotation(worker) { _ in }.plan(reencrypt: reencrypt)
    }

    /// Wraps everything anew that is not under the primary key, and puts on record how much that was.
    ///
    /// - Throws: As `rotate`.
    package func rewrapAll(
        by worker: KeyWorker, report: @escaping @Sendable (KeyWorkProgress) -> Void
    ) async throws -> RewrapReport {
        let done = try await lock.hold(holder("keys rewrap", worker)) {
            try await requirePrimaryFile()
            return try await work(worker, report).rewrapAll()
        }
        try await note(
            .rewrapStorageKeys, "", "\(done.rewrapped) rewrapped, \(done.damaged) do not open", worker.actor)
        return RewrapReport(rewrapped: done.rewrapped, skipped: done.skipped, corrupt: done.damaged)
    }

    /// Opens every sealed value, or those of a random sample of installations, and checks every row that decides something.
    package func verify(
        sample: Int?, by worker: KeyWorker, report: @escaping @Sendable (KeyWorkProgress) -> Void
    ) async throws -> VerifyReport {
        let work = work(worker, report)
        let found = if let sample { try await work.verify(sample: sample) } else { try await work.verifyAll(.values) }
        let forged = try await stored { () async throws(StoreError) in try await store.forgedRows() }
        let damaged = Array((found.damaged + forged.named).prefix(KeyWork.named))
        return VerifyReport(
            installations: found.installations, opened: found.opened, damaged: damaged,
            more: found.damaged.count + found.more + forged.count - damaged.count)
    }

    private func rotation(
        _ worker: KeyWorker, _ report: @escaping @Sendable (KeyWorkProgress) -> Void
    ) -> KeyRotation {
        KeyRotation(manager: self, work: work(worker, report), actor: worker.actor, probe: probe)
    }

    private func work(_ worker: KeyWorker, _ report: @escaping @Sendable (KeyWorkProgress) -> Void) -> KeyWork {
        KeyWork(store: store, lock: lock, now: now, rate: worker.rate, report: report)
    }

    private func holder(_ command: String, _ worker: KeyWorker) -> KeyWorkHolder {
        KeyWorkHolder(command: command, actor: worker.actor, processID: worker.processID, since: now())
    }

    private func note(
        _ action: AuditAction, _ subject: String, _ outcome: String, _ actor: Actor
    ) async throws(StorageKeyError) {
        try await stored { () async throws(StoreError) in
            try await store.append(
                AuditEntry(
                    at: now(), actor: actor.text, action: action.rawValue, subject: subject, outcome: outcome))
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

    private func record(of id: StorageKeyID) async throws(StorageKeyError) -> StorageKeyRecord {
        let record = try await stored { () async throws(StoreError) in try await store.storageKey(id) }
        guard let record else { throw .refused(.unknown) }
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
    /// Somebody else does long work on the keys.
    case busy(KeyWorkHolder)

    package var description: String {
        switch self {
        case .refused(let refusal): return "\(refusal)"
        case .file(let error): return "\(error)"
        case .store(let error): return "\(error)"
        case .busy(let holder): return "the storage keys are being worked on by \(holder)"
        }
    }
}
