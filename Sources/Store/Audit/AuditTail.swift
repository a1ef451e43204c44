package import Installations

/// The end of the audit log inside the transaction that appends to it: numbers records and chains them.
package struct AuditTail: Sendable {
    private let chain: AuditChain
    private var number: RecordNumber
    private var hash: [UInt8]

    /// Behind the newest record; nil when there is none.
    package init(after newest: AuditHead?, _ chain: AuditChain) {
        self.chain = chain
        number = newest?.number ?? 0
        hash = newest?.hash ?? AuditChain.genesis
    }

    /// The record of an entry, which comes next.
    ///
    /// - Throws: `.forgedRow` behind a number that no log reaches: somebody wrote it into the file.
    package mutating func append(_ entry: AuditEntry) throws(StoreError) -> AuditRecord {
        guard number < .end else { throw .forgedRow(.audit(number)) }
        number = number.next
        hash = chain.hash(entry, number: number, after: hash)
        return AuditRecord(number: number, entry: entry, hash: hash)
    }
}
