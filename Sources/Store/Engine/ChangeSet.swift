package import Installations

/// What one call writes: rows, and rows of authority together with the audit records that decide them.
package struct ChangeSet: Sendable {
    /// What needs no audit record, in this order. It may name a row that is decided by a record of the same set.
    package private(set) var rows: [Change] = []
    /// What the audit log says, and what each record decides; nil for one that decides nothing.
    private var entries: [(entry: AuditEntry, decision: Decision?)] = []
    private let tools: StoreTools

    /// The changes of a plan.
    init(_ changes: [Change], _ tools: StoreTools) {
        self.tools = tools
        guard changes.contains(where: \.isRecorded) else {
            rows = changes
            return
        }
        rows.reserveCapacity(changes.count)
        for change in changes {
            switch change {
            case .decide(let decision, let entry): entries.append((entry, decision))
            case .record(let entry): entries.append((entry, nil))
            default: rows.append(change)
            }
        }
    }

    /// Whether anything is written to the audit log. If not, nobody needs to know where it ends.
    package var isRecorded: Bool { !entries.isEmpty }

    /// Numbers and chains the records, given the end of the log: asked last, so that its lock is short.
    ///
    /// - Parameter head: The newest record; nil while the log is empty.
    /// - Throws: `.forgedRow` behind a number that no log reaches.
    package func chained(after head: AuditHead?) throws(StoreError) -> ChainedRecords {
        var tail = AuditTail(after: head, tools.chain)
        var chained = ChainedRecords()
        for (entry, decision) in entries {
            let record = try tail.append(entry)
            chained.records.append(record)
            guard let decision else { continue }
            let proof = tools.authority.seal.prove(decision.claim, decidedBy: record.number)
            chained.decisions.append((decision, proof))
        }
        return chained
    }
}

/// The audit records of a set, behind the end of the log.
package struct ChainedRecords: Sendable {
    /// In their order.
    package fileprivate(set) var records: [AuditRecord] = []
    /// The rows of authority that they decide, each with what vouches for it.
    package fileprivate(set) var decisions: [(Decision, AuthorityProof)] = []
}
