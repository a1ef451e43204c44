import Installations
import Sealing

/// The checks of `doctor` that compare the store's keys with the files in `keys.dir`: every key, also those that are not
/// in use, as long as a file should be there.
struct KeyFileChecks {
    let directory: KeyDirectory
    let keys: [StorageKeyRecord]
    let now: Timestamp

    /// A primary older than this is due.
    static let yearMilliseconds: Int64 = 365 * 24 * 3600 * 1000

    /// Every finding about a key or its file, and one `ok` when there is none.
    func findings() -> [Finding] {
        let found = keys.compactMap(file) + keys.compactMap(census) + strangers()
        let files = found.isEmpty ? [Finding("key files", .ok, "each is the one its key needs")] : found
        return files + [age()].compactMap { $0 }
    }

    private func file(_ key: StorageKeyRecord) -> Finding? {
        let name = "key \(key.id)"
        let isNeeded = key.state.needsFile || key.installations > 0
        do throws(KeyFileError) {
            let found = try directory.load(key.id)
            if key.state == .destroyed {
                return Finding(
                    name, .warn, "destroyed, but \(directory.path)/\(key.id).key is there again",
                    fix: "move it to where its backups are, or remove it")
            }
            guard found.checkValue != key.checkValue else { return nil }
            return Finding(
                name, isNeeded ? .fail : .warn,
                "\(directory.path)/\(key.id).key is not the key this store knows by that id",
                fix: "put the right file back from your copy")
        } catch .missing where key.state == .destroyed {
            return nil
        } catch .missing where !isNeeded {
            return Finding(
                name, .warn, "\(key.state.rawValue), and \(directory.path)/\(key.id).key is missing",
                fix: "put it back from your copy; if it is gone for good, no backup that needs it can be opened")
        } catch .missing {
            return Finding(
                name, .fail, "\(key.state.rawValue), but \(directory.path)/\(key.id).key is missing",
                fix: "put it back from your copy before innkeeper is restarted; without it nothing under it opens")
        } catch {
            return Finding(name, .fail, "\(error)", fix: "as the message says, then: innkeeper doctor")
        }
    }

    /// A key that is out of use must not have rows: whoever made that possible went around this program.
    private func census(_ key: StorageKeyRecord) -> Finding? {
        guard key.installations > 0, key.state == .disabled || key.state == .destroyed else { return nil }
        let fix =
            key.state == .disabled
            ? "innkeeper keys enable \(key.id), then: innkeeper keys rewrap"
            : "restore the newest backup that has the key"
        return Finding(
            "key \(key.id)", .fail, "\(key.state.rawValue), but \(key.installations) installations need it", fix: fix)
    }

    /// Files that no row knows: from a restore of an older backup, or another deployment's.
    private func strangers() -> [Finding] {
        do throws(KeyFileError) {
            let known = Set(keys.map(\.id))
            return try directory.ids().filter { !known.contains($0) }.map { id in
                Finding(
                    "key \(id)", .warn, "\(directory.path)/\(id).key belongs to no key of this store",
                    fix: "keep it if a backup needs it, elsewhere; a start reads every file here")
            }
        } catch {
            return [Finding("key files", .fail, "\(error)", fix: "as the message says, then: innkeeper doctor")]
        }
    }

    private func age() -> Finding? {
        guard let primary = keys.first(where: { $0.state == .primary }) else {
            return Finding("key age", .fail, "there is no primary key", fix: "innkeeper keys promote ID")
        }
        let age = now.milliseconds - (primary.promotedAt ?? primary.createdAt).milliseconds
        let days = max(0, age / (24 * 3600 * 1000))
        guard age > Self.yearMilliseconds else { return Finding("key age", .ok, "the primary key is \(days) days old") }
        return Finding("key age", .warn, "the primary key is \(days) days old", fix: "innkeeper keys rotate")
    }
}
