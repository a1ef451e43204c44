import Installations
import Sealing
import Store

extension MemorySnapshot: AuthorityReads {
    func apiKeys(after id: String, limit: Int) -> [StoredAPIKey] {
        count()
        return rows.apiKeys.values.filter { $0.id > id }.sorted { $0.id < $1.id }.prefix(limit).map(rows.stored)
    }

    func claims(after number: InstallationNumber, limit: Int, visit: (StoredClaim) throws -> Void) throws {
        count()
        let next = rows.installations.values.filter { $0.number > number }.sorted { $0.number < $1.number }
        for row in next.prefix(limit) {
            let known = rows.known(row, with: .handedOut)
            try visit(
                StoredClaim(
                    number: row.number, standing: known.standing,
                    vouched: Vouched(proof: row.proof, latest: known.latest),
                    isDecisionThere: row.proof.map { rows.isThere($0.decidedBy, about: known.standing.subject) }
                        ?? true,
                    handedOut: known.handedOut))
        }
    }

    func areDecisionsThere() -> Bool {
        count()
        var decided: [(AuthoritySubject, AuthorityProof?)] = [(.deployment, rows.deployment.proof)]
        decided += rows.apiKeys.values.map { (.apiKey($0.id), $0.proof) }
        decided += rows.storageKeys.values.map { (.storageKey($0.id), $0.proof) }
        if let last = rows.rotations.max(by: { $0.key < $1.key }) {
            decided.append((.rotation(last.key), last.value.proof))
        }
        return decided.allSatisfy { subject, proof in proof.map { rows.isThere($0.decidedBy, about: subject) } ?? true }
    }

    func subjects(after text: String, limit: Int, visit: (String, _ isThere: Bool) throws -> Void) throws {
        count()
        let texts = Set(rows.audit.map(\.entry.decides)).filter {
            !$0.isEmpty && $0.precedes(text) == false && $0 != text
        }
        for text in texts.sorted(by: { $0.precedes($1) }).prefix(limit) {
            try visit(text, AuthoritySubject(text: text).map(rows.isThere) ?? true)
        }
    }
}

extension MemoryRows {
    /// Whether a record is there and decides about a subject, or about the store as a whole.
    fileprivate func isThere(_ number: RecordNumber, about subject: AuthoritySubject) -> Bool {
        audit.contains { record in
            record.number == number
                && [subject.text, AuthoritySubject.deployment.text].contains(record.entry.decides)
        }
    }

    fileprivate func isThere(_ subject: AuthoritySubject) -> Bool {
        switch subject {
        case .deployment: true
        case .installation(let number): installations[number] != nil
        case .rotation(let number): rotations[number] != nil
        case .apiKey(let id): apiKeys[id] != nil
        case .storageKey(let id): storageKeys[id] != nil
        }
    }
}

extension String {
    /// By its bytes, as a database compares texts.
    func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
