package import Installations
import Sealing

/// Why a store is not moved, or not used because it was. Safe to print: a store is named without its password.
package enum MoveError: Error, Hashable, CustomStringConvertible {
    /// Its rows went into another store, which is the one to use.
    case moved(to: String, at: Timestamp)
    /// It is being filled from another one.
    case unfinished(from: String)
    /// The target has something in it.
    case notEmpty(String)
    /// The target is half a copy, but not of this store as it is now.
    case otherCopy(String)
    /// The source has rows of a form from before rows had proofs.
    case olderForm
    /// The source was used while it was copied.
    case usedMeanwhile
    /// The target's rows are not the source's.
    case differs(table: String)

    package var description: String {
        switch self {
        case .moved(let place, let at):
            return "everything in this store was moved to \(place) on \(at.rfc3339), and it is not used any more"
        case .unfinished(let place): return "this store holds a part of what is being moved to it from \(place)"
        case .notEmpty(let place): return "\(place) has something in it already and is left as it is"
        case .otherCopy(let place):
            return "\(place) holds a part of another move, or of one whose source was used since, and is left as it is"
        case .olderForm: return "the store is from an older innkeeper, and not up to date"
        case .usedMeanwhile: return "the store was used while it was copied, so the copy is not all of it"
        case .differs(let table): return "what arrived in the table \(table) is not what left"
        }
    }

    /// What to do about it.
    package var hint: String {
        switch self {
        case .moved(let place, _):
            return
                "set store to \(Self.argument(place))\(Self.where(place)); or move everything back, into an empty store, with: "
                + "innkeeper migrate --from \(Self.argument(place)) --to STORE"
        case .unfinished(let place):
            return
                "go on with: innkeeper migrate --from \(Self.argument(place)) --to STORE, which is this one; or empty it, "
                + "and go on using the other one"
        case .notEmpty(let place), .otherCopy(let place):
            return place.hasPrefix("/")
                ? "if nothing in it is needed, move it out of the data directory, with its -wal and -shm"
                : "name another database; or, if nothing in it is needed: DROP SCHEMA innkeeper CASCADE"
        case .olderForm: return "run innkeeper serve until its log says: the store is up to date"
        case .usedMeanwhile: return "empty the target, and run it again while nothing uses the store"
        case .differs: return "empty the target, and run it again; if it happens again, see: innkeeper doctor"
        }
    }

    /// An embedded store is one of its own data directory and of no other.
    private static func `where`(_ place: String) -> String { place.hasPrefix("/") ? " in that data directory" : "" }

    /// A store as the flags of a command name it.
    private static func argument(_ place: String) -> String { place.hasPrefix("/") ? "sqlite" : ShellWord.quote(place) }

    /// Whether the program's settings are right and only the stores' state is the matter.
    package var isConflict: Bool {
        switch self {
        case .notEmpty, .otherCopy, .usedMeanwhile: return true
        default: return false
        }
    }
}
