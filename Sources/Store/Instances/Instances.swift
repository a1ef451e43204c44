package import Installations
package import Sealing
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

    package func endKeyWork() async { await shared?.endKeyWork() }

    package func spendReading(
        by actor: Actor, interval: Int64, burst: Int64
    ) async throws(StoreError) -> Int64? {
        try await shared?.spend(actor.text, interval: interval, burst: burst)
    }

    // MARK: Streams

    /// Whether those who share the store have heard of this process a moment ago.
    package var isHeard: Bool { membership.isHeard }

    package func isHeard(since moment: ContinuousClock.Instant) -> Bool { membership.isHeard(since: moment) }

    package func call(_ streams: [InstallationNumber]) {
        if isShared, !streams.isEmpty { calling.note(streams) }
    }

    /// Tells others what they may deliver, and hears what they tell.
    ///
    /// - Parameter last: What was heard last; nil at first.
    /// - Returns: The same for the next time.
    package func exchangeCalls(after last: Int64?) async throws(StoreError) -> Int64? {
        guard let shared else { return nil }
        let batch = calling.drain()
        if batch.isShort || !batch.streams.isEmpty {
            do throws(StoreError) {
                try await shared.call(batch.isShort ? [] : batch.streams)
            } catch {
                // Told the next time: they may be nobody's else.
                if batch.isShort { calling.noteShort() } else { calling.note(batch.streams) }
                throw error
            }
        }
        let (calls, next) = try await shared.calls(after: last)
        for call in calls where call.epoch != shared.epoch {
            if call.streams.isEmpty { called.noteShort() } else { called.note(call.streams) }
        }
        return next
    }
}

extension Store {
    /// A page of the newest records of the audit log behind one, in their order: what other processes have decided since.
    package func records(after number: RecordNumber, limit: Int) async throws(StoreError) -> [AuditRecord] {
        try await read { reads in
            var records: [AuditRecord] = []
            try reads.auditRecords(after: number) { record, _ in
                // One that does not read says nothing; `audit verify` tells of it.
                if let record { records.append(record) }
                return records.count < limit
            }
            return records
        }
    }

    /// The end of the audit log.
    package func auditHead() async throws(StoreError) -> RecordNumber {
        try await read { reads in try reads.auditHead(behind: 0)?.number ?? 0 }
    }

    /// Lets this process use the storage keys that are in force and no others, as other processes have decided since it began; those
    /// whose files it has are loaded, and the files of destroyed ones go.
    ///
    package func adoptStorageKeys() async throws(StoreError) -> AdoptedKeys {
        let keyring = tools.keyring
        var keys = AdoptedKeys()
        for key in try await storageKeys() where key.isGenuine {
            if key.state.isInForce {
                keyring.permit(key.id)
                do throws(KeyringError) {
                    _ = try keyring.key(key.id)
                    keys.loaded.insert(key.id)
                } catch {
                    keys.missing.insert(key.id)
                    if key.state.needsFile { keys.needed.insert(key.id) }
                }
            } else {
                keyring.forbid(key.id)
                // `try?`: what is left of it is among the files below, and `doctor` names it.
                if key.state == .destroyed { try? keyring.remove(key.id) }
            }
            if keyring.hasFile(of: key.id) { keys.files.insert(key.id) }
        }
        membership.note(lacksKey: !keys.needed.isEmpty)
        return keys
    }
}

/// How a process stands with the storage keys that are in force.
package struct AdoptedKeys: Sendable {
    /// Those that it can use.
    package fileprivate(set) var loaded: Set<StorageKeyID> = []
    /// Those, and others, whose files it has.
    package fileprivate(set) var files: Set<StorageKeyID> = []
    /// Those whose files it lacks.
    package fileprivate(set) var missing: Set<StorageKeyID> = []
    /// Those of them without which it cannot serve.
    package fileprivate(set) var needed: Set<StorageKeyID> = []

    fileprivate init() {}
}
