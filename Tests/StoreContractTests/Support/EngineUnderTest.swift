import Installations
import MemoryEngine
import PostgresSupport
import Sealing
import Store
import TestSupport
import Testing

@testable import SQLiteStore

/// The engines that must all do what the sentences of this target say.
enum EngineUnderTest: String, CaseIterable, CustomTestStringConvertible {
    case memory, sqlite, postgres

    /// Without a server of PostgreSQL, only `scripts/test` has one, the others are still tested.
    static var allCases: [EngineUnderTest] {
        TestDatabase.isAvailable ? [.memory, .sqlite, .postgres] : [.memory, .sqlite]
    }

    /// Those over which one write waits for the other, whatever both are about.
    static var withOneWriter: [EngineUnderTest] { allCases.filter(\.hasOneWriter) }

    /// Those whose rows may say what no value of ours can.
    static var withTables: [EngineUnderTest] { allCases.filter { $0 != .memory } }

    /// Whether it is one of those with one writer.
    var hasOneWriter: Bool { self != .postgres }

    var testDescription: String { rawValue }

    /// A new deployment, open.
    func make(in directory: TemporaryDirectory, under key: StorageKey, at: Timestamp) throws -> any OpenedEngine {
        let keyring = try Keyring(directory: KeyDirectory(path: directory.path + "/keys"))
        switch self {
        case .memory:
            return OpenedMemory(engine: try MemoryEngine(storageKey: key, keyring: keyring, at: at))
        case .sqlite:
            try SQLiteStore.create(path: OpenedSQLite.path(directory), storageKey: key, actor: .system, at: at)
            return try OpenedSQLite(in: directory, keyring)
        case .postgres: return try OpenedPostgres(under: key, keyring, at: at)
        }
    }
}

/// An engine that is open, with what a test does to it that no caller can.
protocol OpenedEngine: Sendable {
    /// What reads and writes.
    var storeEngine: any StoreEngine { get }

    /// Whether a write waits for another to end.
    func isWriteWaiting() throws -> Bool

    /// The same deployment, opened again with the keys that lie in its directory; this one was closed.
    func reopened(in directory: TemporaryDirectory) throws -> any OpenedEngine

    /// Changes rows as somebody does who can write them and has no key.
    func damage(_ damage: Damage) async throws

    /// The same deployment as a place that is moved; this one was closed. Nil for an engine that keeps no tables.
    func place(in directory: TemporaryDirectory) throws -> (any MovePlace)?
}

extension OpenedEngine {
    /// With one writer each waits for it that has been asked for.
    func isWriteWaiting() -> Bool { true }

    func place(in directory: TemporaryDirectory) -> (any MovePlace)? { nil }
}

/// What somebody does to the rows.
enum Damage: Sendable {
    /// The wrapped key of an installation does not open any more.
    case installationKey(of: InstallationNumber)
    /// The wrapped key of an installation names a storage key that nobody knows.
    case storageKey(of: InstallationNumber)
    /// The row says that the key is wrapped under another storage key than it is.
    case storageKeyColumn(of: InstallationNumber, StorageKeyID)
    /// The sealed token of one webhook path does not open any more.
    case webhookTokens(of: InstallationNumber, path: String)
    /// The sealed tokens that have a name are gone.
    case secrets(of: InstallationNumber)
    /// A body does not open any more.
    case body(EventID)
    /// A body lies in the row of another event.
    case moveBody(EventID, to: EventID)
    /// The row says another status of a live installation.
    case status(of: InstallationNumber, InstallationStatus)
    /// One digest of a token that was handed out is gone.
    case handedOut(of: InstallationNumber)
    /// What holds a stream back ends then, and lasts as long as can be said.
    case hold(of: InstallationNumber, until: Timestamp)
    /// The row says that the installation ended then, whatever its status; nil that it did not.
    case end(of: InstallationNumber, Timestamp?)
    /// The row bears the name of another workspace.
    case workspace(of: InstallationNumber, String)
    /// There is a row of an ended installation with this number, which nobody vouches for.
    case tombstone(InstallationNumber)
    /// The status of an installation and what vouched for it are put back to what they were.
    case putBack(Standing)
    /// The token of an installation lies beside another one as well.
    case copyToken(of: InstallationNumber, to: InstallationNumber)
    /// An API key is gone.
    case removeAPIKey(String)
    /// An API key was revoked then, or was not.
    case revocation(of: String, Timestamp?)
    /// The row of the deployment says that its key is wrapped under this one.
    case deploymentKeyColumn(StorageKeyID)
    /// There is a rotation with this number that has ended, and nobody vouches for it.
    case rotation(Int64, StorageKeyID)
    /// An API key has all scopes.
    case scopes(of: String)
    /// A record of the audit log says something else.
    case record(RecordNumber)
    /// The newest records of the audit log are gone.
    case recordsAfter(RecordNumber)
    /// The last rotation has ended then.
    case rotationEnd(Timestamp)
    /// The store says to be of another form.
    case form(StoreForm)
    /// A storage key has another state.
    case state(of: StorageKeyID, StorageKeyState)
}
