import Ingress
import Installations
import Marketplace
import PostgresStore
import SQLiteStore
import Sealing
import Store

/// Why Innkeeper does not start. Each says what, where and how to mend it, and stops everything before a listener opens.
enum StartupError: Error, CustomStringConvertible {
    /// There is no data directory.
    case noDataDirectory(String)
    /// There is one already, where a new one should go.
    case exists(String)
    /// A file cannot be read or written.
    case file(String, problem: String)
    /// A storage key file is not as it must be.
    case keyFile(KeyFileError)
    /// The file of trusted platform keys.
    case platformKeys(file: String, PlatformKeyError)
    /// The authorities trusted for a target.
    case authorities(setting: String, file: String, problem: String)
    /// A manifest.
    case manifest(file: String, ManifestError)
    /// Manifests that exclude each other.
    case routes(RouteConflict)
    /// The embedded store.
    case store(StoreOpenError)
    /// The key files that a store needs.
    case neededKey(NeededKeyError)
    /// The store over PostgreSQL.
    case database(PostgresOpenError)
    /// The database has nothing in it, but the data directory has an embedded store.
    case notMoved(file: String, to: String)
    /// The store was moved, or is being moved.
    case move(MoveError)
    /// The store does not do what a start needs, for a reason that has a remedy of its own.
    case unavailable(StoreError)
    /// The store's own rows.
    case storeContents(String)
    /// A backup that is not restored.
    case backup(BackupOpenError)
    /// A backup that nobody can check before it is opened.
    case unverified(file: String, UnverifiedReason)
    /// A backup that was restored unchecked, and is not put in place now that it is checked.
    case pendingRestore(BackupOpenError)
    /// The configuration that came out of a backup.
    case settings(SettingsError)
    /// A data directory with nothing of a deployment in it.
    case noDeployment(String)
    /// The public listener.
    case ingress(IngressError)
    /// Anything else that a start met.
    case unexpected(String)
    /// The operator listener's address.
    case cannotListen(setting: String, address: String, problem: String)
    /// The process may open too few files.
    case descriptors(limit: Int, needed: Int)

    var description: String {
        switch self {
        case .noDataDirectory(let path):
            return "there is no data directory at \(path)"
        case .exists(let path):
            return "\(path) exists already and is left as it is"
        case .file(let path, let problem):
            return "\(path): \(problem)"
        case .keyFile(let error):
            return "\(error)"
        case .platformKeys(let file, let error):
            return "platform.keys: \(file): \(error)"
        case .authorities(let setting, let file, let problem):
            return "\(setting): \(file): \(problem)"
        case .manifest(let file, let error):
            return "\(file): \(error)"
        case .routes(let conflict):
            return "\(conflict)"
        case .store(let error):
            return "\(error)"
        case .neededKey(let error):
            return "\(error)"
        case .database(let error):
            return "\(error)"
        case .notMoved(let file, _):
            return "the database has no innkeeper deployment, but \(file) is one"
        case .move(let error):
            return "\(error)"
        case .unavailable(let error):
            return "\(error)"
        case .storeContents(let what):
            return what
        case .backup(let error):
            return "\(error)"
        case .unverified(let file, .missingKey(let key)):
            return "\(file): nobody can tell whether it was changed without \(key), which is not there"
        case .unverified(let file, .firstForm):
            return "\(file): made by an older innkeeper, so it must be opened to tell whether it was changed"
        case .pendingRestore(let error):
            return "the restored backup is not put in place: \(error)"
        case .settings(let error):
            return "\(error)"
        case .noDeployment(let path):
            return "there is no deployment in \(path)"
        case .ingress(let error):
            return "ingress.bind: \(error)"
        case .unexpected(let what):
            return "cannot start: \(what)"
        case .cannotListen(let setting, let address, let problem):
            return "\(setting): cannot listen at \(address): \(problem)"
        case .descriptors(let limit, let needed):
            return "the limit of \(limit) open files is too low: at least \(needed) are needed"
        }
    }

    /// What an error on the way to a running system becomes.
    init(_ error: any Error) {
        switch error {
        case let error as StartupError: self = error
        case let error as StoreOpenError: self = .store(error)
        case let error as NeededKeyError: self = .neededKey(error)
        case let error as PostgresOpenError: self = .database(error)
        case let error as MoveError: self = .move(error)
        case let error as BackupOpenError: self = .backup(error)
        case let error as KeyFileError: self = .keyFile(error)
        case let error as SettingsError: self = .settings(error)
        case StoreError.unavailable(let condition, let code):
            self = .unavailable(StoreError.unavailable(condition, code: code))
        case let error as StoreError: self = .storeContents("\(error)")
        case let error as RouteConflict: self = .routes(error)
        default: self = .unexpected("\(type(of: error))")
        }
    }

    /// The next command, where there is one.
    var hint: String? {
        switch self {
        case .noDataDirectory, .noDeployment: return "make one with: innkeeper init"
        case .unverified(_, .missingKey):
            return "put the key file there, mode 0600, or name its directory with --keys-dir; or use --unverified: "
                + "then it is checked before its first use"
        case .unverified(_, .firstForm):
            return "use --unverified if you know where it comes from: it is opened with care, and then checked"
        case .pendingRestore(.missingKey), .pendingRestore(.wrongKey): return nil
        case .pendingRestore: return "remove the data directory, but for its keys, and restore another backup"
        case .settings(let error): return error.hint
        case .notMoved(_, let place):
            return "move it there with: innkeeper migrate --from sqlite --to \(ShellWord.quote(place))"
        case .move(let error): return error.hint
        case .exists(let path):
            return
                "choose another with --data-dir, or use it with: innkeeper serve --data-dir \(PrintableText.make(path))"
        case .authorities: return "let it name the authorities' certificates, or leave it out to trust the system's"
        case .manifest(let file, _): return "see everything about it with: innkeeper addons check \(file)"
        case .cannotListen(let setting, _, _):
            return "choose another address with --\(setting.replacing(".", with: "-")); port 0 takes a free one"
        case .descriptors(_, let needed):
            return "raise it to \(needed) or more (ulimit -n, LimitNOFILE= of the service); 8192 fit all defaults"
        default: return nil
        }
    }

    /// The exit code of the contract.
    var exitCode: Int32 {
        switch self {
        case .exists: return 7
        case .store(.lockedByAnother): return 7
        case .move(let error) where error.isConflict: return 7
        case .move(.differs): return 1
        case .database(let error) where error.isConflict: return 7
        case .database(let error) where error.isUnavailable: return 69
        case .store(.cannotOpen), .store(.notDurable), .unavailable, .descriptors: return 69
        case .backup(.wrongKey), .backup(.missingKey): return 78
        case .cannotListen, .ingress, .unexpected, .backup: return 1
        default: return 78
        }
    }
}
