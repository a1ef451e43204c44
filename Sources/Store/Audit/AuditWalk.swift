package import Installations

/// A walk over the chain of the audit log, record by record, from behind one to the end.
package struct AuditWalk {
    private let chain: AuditChain
    private let kept: AuditHead?
    private var number: RecordNumber
    private var head: [UInt8]

    /// Begins behind a record.
    ///
    /// - Parameter kept: A head that was kept elsewhere, to be met on the way.
    package init(after start: AuditHead, against kept: AuditHead?, _ chain: AuditChain) {
        self.chain = chain
        self.kept = kept
        number = start.number
        head = start.hash
    }

    /// What the walk ends with at this record; nil when it goes on.
    ///
    /// - Parameters:
    ///   - record: The next one; nil for a row that does not even read as a record: it was edited.
    ///   - isIndexed: Whether what finds the newest record about a row knows this one, if it decides something. One that is not
    ///     known decides nothing any more: as good as gone.
    package mutating func follow(_ record: AuditRecord?, isIndexed: Bool) -> AuditVerdict? {
        number = number.next
        guard let record, chain.follows(record, number: number, after: head), isIndexed else {
            return .broken(at: number)
        }
        head = record.hash
        if let kept, kept.number == number, kept.hash != head { return .rewritten(at: number) }
        return nil
    }

    /// What it ends with behind the last record.
    package func end() -> AuditVerdict {
        if let kept, kept.number > number { return .truncated(records: number.value) }
        return .intact(records: number.value, head: head)
    }
}
