import Installations
import Sealing
import Store
import Webhooks

extension MemorySnapshot: SealedReads {
    func deployment() -> StoredDeployment {
        count()
        let row = rows.deployment
        return StoredDeployment(
            form: row.form, wrapped: row.wrapped, storageKey: row.storageKey,
            vouched: Vouched(proof: row.proof, latest: rows.latest(about: .deployment)))
    }

    func wrappedKeys(under key: StorageKeyID, in range: NumberRange, limit: Int) -> StoredInstallationKeys {
        count()
        var found = StoredInstallationKeys()
        for row in rows.withKeys(in: range) where row.key?.storageKey == key {
            guard found.keys.count < limit else { break }
            found.last = row.number
            found.keys.append(
                StoredInstallationKey(
                    number: row.number, id: row.id, old: key, version: row.version, tokenSet: row.tokenSet,
                    wrapped: row.key?.wrapped ?? []))
        }
        return found
    }

    func sealedValues(of numbers: [InstallationNumber], events: Int, bytes: Int) -> [SealedValues] {
        count()
        return numbers.map { number in
            SealedValues(
                secrets: rows.installations[number].map { rows.secrets(of: $0, [.named, .webhookTokens]) }
                    ?? StoredSecrets(),
                events: rows.sealedEvents(of: number, limit: events).within(bytes))
        }
    }

    func sealedInstallations(
        in range: NumberRange, limit: Int,
        visit: (SealedInstallation, _ parts: ((SealedPart) throws -> Void) throws -> Void) throws -> Void
    ) throws {
        count()
        for row in rows.withKeys(in: range).prefix(limit) {
            guard let keys = rows.keys(of: row) else { continue }
            let installation = SealedInstallation(
                number: row.number, id: row.id, tokenSet: row.tokenSet, keys: keys, storageKey: row.key?.storageKey)
            try visit(installation) { part in try visitParts(of: row, part) }
        }
    }

    private func visitParts(of row: InstallationRow, _ visit: (SealedPart) throws -> Void) throws {
        for (name, sealed) in row.secrets.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            try visit(.named(name.rawValue, sealed))
        }
        for token in rows.secrets(of: row, .webhookTokens).tokens { try visit(.token(token.path, token.sealed)) }
        for event in rows.sealedEvents(of: row.number) { try visit(.event(event)) }
    }

    func outgoingKey(in range: NumberRange, limit: Int) -> OutgoingKey? {
        count()
        let next = rows.outgoingKeys.filter { range.contains($0.key) }.min { $0.key < $1.key }
        guard let (number, outgoing) = next, let row = rows.installations[number], let keys = rows.keys(of: row) else {
            return nil
        }
        let events = rows.sealedEvents(of: number, after: outgoing.resealedThrough, limit: limit)
        return OutgoingKey(number: number, id: row.id, keys: keys, events: events.map(\.id))
    }

    func bodies(of ids: [EventID], bytes: Int) -> (bodies: [StoredBody], isAll: Bool) {
        count()
        var (bodies, left): ([StoredBody], Int) = ([], bytes)
        for id in ids {
            guard left > 0 else { return (bodies, false) }
            guard let event = rows.events[id], let body = event.body else { continue }
            bodies.append(rows.body(of: event))
            left -= body.count
        }
        return (bodies, true)
    }

    func damagedValues() -> Int {
        count()
        return rows.damaged.count
    }
}

extension MemoryRows {
    /// The installations within a range that have a key, by their numbers.
    fileprivate func withKeys(in range: NumberRange) -> [InstallationRow] {
        installations.values.filter { $0.key != nil && range.contains($0.number) }.sorted { $0.number < $1.number }
    }

    /// The first events of an installation that have a body, oldest first.
    fileprivate func sealedEvents(
        of number: InstallationNumber, after: EventID = EventID(number: 0), limit: Int = .max
    ) -> [SealedEvent] {
        oldest(limit) { $0.installation == number && $0.id > after && $0.body != nil && $0.state != .delivered }
            .map { SealedEvent(id: $0.id, type: $0.type, sealed: $0.body ?? []) }
    }

    /// The wrapped keys of an installation; nil when they are gone.
    func keys(of row: InstallationRow) -> StoredKeys? {
        row.key.map { StoredKeys(current: $0.wrapped, outgoing: outgoingKeys[row.number]?.key.wrapped) }
    }
}

extension NumberRange {
    func contains(_ number: InstallationNumber) -> Bool { number > after && number <= through }
}

extension [SealedEvent] {
    /// The first of them with so many bytes but for the last.
    fileprivate func within(_ bytes: Int) -> [SealedEvent] {
        var sum = 0
        return prefix { event in
            defer { sum += event.sealed.count }
            return sum < bytes
        }
    }
}
