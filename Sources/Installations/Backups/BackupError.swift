/// Why no backup was made, or none recorded. Safe to print; says what to do.
package enum BackupError: Error, CustomStringConvertible {
    /// Not a name to put on record.
    case badName
    /// Another one is under way.
    case busy(name: String, since: Timestamp)
    /// A file that belongs into the backup must not go there, or cannot be read.
    case contents(String)
    /// Its draft would take so many bytes of the store's file system, of which so many are to spare.
    case noRoom(needed: Int, spare: Int)
    /// The store's file system does not take the draft.
    case noPlace(path: String, StoreCondition)
    /// The draft was not made.
    case draft(path: String, problem: String)
    /// The draft did not pass its check; it is removed.
    case damagedDraft
    /// The server stops, or nobody waits for it any more.
    case interrupted
    /// None is known under this id to have been sent whole.
    case notSent
    /// It was sent whole, but the store did not record it.
    case notRecorded(name: String, StoreError)

    package var description: String {
        switch self {
        case .badName: return "name must be - or an absolute path that names a file, of at most 4096 bytes"
        case .busy(let name, let since):
            return "another backup is under way, to \(name), since \(since.rfc3339); wait for it"
        case .contents(let problem): return "\(problem); mend it, then make the backup again"
        case .noRoom(let needed, let spare):
            return "a backup takes \(Self.mebibytes(needed)) MiB where the store lies until it is sent, and above "
                + "store.minFreeBytes \(Self.mebibytes(max(0, spare))) MiB are free; make room there"
        case .noPlace(let path, let condition): return "\(path): \(condition.problem); \(condition.remedy)"
        case .draft(let path, let problem): return "\(path): \(problem)"
        case .damagedDraft: return "the copy did not pass its check and is removed; run: innkeeper doctor"
        case .interrupted: return "the backup was ended before it was whole"
        case .notSent: return "no backup was sent whole under this id"
        case .notRecorded(let name, let error):
            return "\(Backup.place(name)) is whole and usable, but was not recorded: \(error)"
        }
    }

    private static func mebibytes(_ bytes: Int) -> Int { (bytes >> 20) + (bytes & 0xFFFFF == 0 ? 0 : 1) }
}
