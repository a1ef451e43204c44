import Marketplace
package import Sealing

/// The hash chain over the audit log.
///
/// Each record's hash is keyed BLAKE2b-256 over the hash before it and every field, each length-prefixed. The key is
/// derived from the deployment key, so whoever can write the database file but lacks the storage key cannot forge a
/// record, and an edit, deletion, insertion or reordering shows at the first record it touches. A truncated tail can be
/// told only with a head that was kept elsewhere.
package struct AuditChain: Sendable {
    private let key: MACKey

    /// A chain under the deployment's audit key.
    package init(key: MACKey) {
        self.key = key
    }

    /// What stands before the first record.
    package static let genesis: [UInt8] = Array(repeating: 0, count: 32)

    /// The hash of the record `number` that follows a record with `previous`.
    package func hash(_ entry: AuditEntry, number: RecordNumber, after previous: [UInt8]) -> [UInt8] {
        let owner = entry.installation
        var texts = [
            number.description, String(entry.at.milliseconds), entry.actor, entry.action, owner?.addonKey.text ?? "",
            owner?.workspaceID.text ?? "", owner?.addonID.text ?? "", entry.subject, entry.outcome, entry.detail,
        ]
        // Left out where there is none: so are the hashes of records from before there were any.
        if !entry.decides.isEmpty { texts.append(entry.decides) }
        return key.digest(of: [previous] + texts.map { Array($0.utf8) }).bytes
    }

    /// Whether `record` is genuine and follows `previous`.
    package func follows(_ record: AuditRecord, number: RecordNumber, after previous: [UInt8]) -> Bool {
        record.number == number && record.hash == hash(record.entry, number: number, after: previous)
    }
}
