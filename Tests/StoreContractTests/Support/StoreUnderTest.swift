import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// A store over one of the engines, with all that a sentence needs.
struct StoreUnderTest: Sendable {
    private let opened: any OpenedEngine
    /// Where its keys lie, and the rows of an engine that has a file.
    let directory: TemporaryDirectory
    /// What it asks, watched.
    let engine: ProbedEngine
    let store: Store
    let platform: TestPlatform
    let clock: TestClock
    /// Whether one write waits for the other.
    let hasOneWriter: Bool

    /// A new deployment.
    init(_ engine: EngineUnderTest, probe: @escaping RotationProbe = { _ in }) throws {
        let (directory, clock) = (try TemporaryDirectory(), TestClock())
        let keys = KeyDirectory(path: directory.path + "/keys")
        try keys.ensureDirectory()
        let key = StorageKey.random()
        try keys.create(key)
        self.init(
            try engine.make(in: directory, under: key, at: clock.now), directory, try TestPlatform(), clock,
            engine.hasOneWriter, probe)
    }

    private init(
        _ opened: any OpenedEngine, _ directory: TemporaryDirectory, _ platform: TestPlatform, _ clock: TestClock,
        _ hasOneWriter: Bool, _ probe: @escaping RotationProbe
    ) {
        self.opened = opened
        self.directory = directory
        self.platform = platform
        self.clock = clock
        self.hasOneWriter = hasOneWriter
        engine = ProbedEngine(over: opened.storeEngine)
        store = Store(over: engine, probe: probe)
    }

    /// The same deployment, closed and opened again.
    func reopened() throws -> StoreUnderTest {
        try store.close()
        return try openedAgain()
    }

    /// The same deployment, which was closed.
    func openedAgain() throws -> StoreUnderTest {
        StoreUnderTest(try opened.reopened(in: directory), directory, platform, clock, hasOneWriter) { _ in }
    }

    /// The same deployment as a place that is moved; this one is closed.
    func place() throws -> any MovePlace {
        try? store.close()  // It may be closed already.
        return try #require(try opened.place(in: directory))
    }

    /// The same deployment, which a second `Store` looks at too.
    func store(probe: @escaping RotationProbe) -> Store { Store(over: engine, probe: probe) }

    /// Changes rows as somebody does who can write them and has no key.
    func damage(_ damage: Damage) async throws { try await opened.damage(damage) }

    /// Whether a write waits for another to end.
    func isWriteWaiting() throws -> Bool { try engine.isTurnWaiting || opened.isWriteWaiting() }

    var keyring: Keyring { engine.tools.keyring }
    var now: Timestamp { clock.now }

    func later(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: now.milliseconds + seconds * 1000) }

    /// What operators do with storage keys.
    var keys: StorageKeyManager {
        StorageKeyManager(store: store, keyring: keyring, now: { [clock] in clock.now })
    }

    // MARK: Installations

    func id(_ workspace: String = "ws1", _ addon: String? = nil) throws -> InstallationID {
        try platform.id(workspace, addon ?? "inst-" + workspace)
    }

    /// A lifecycle call of the platform, or of an operator; with a token, or without any.
    @discardableResult
    func perform(
        _ id: InstallationID, _ change: LifecycleChange, with token: String? = nil, issuedAt: Int64? = nil,
        by actor: Actor = .platform
    ) async throws -> LifecycleDecision {
        let token = token.map { PresentedToken($0, issuedAt: issuedAt, by: store.handedOut) }
        return try await store.perform(platform.call(id, change, at: now, actor: actor, token: token))
    }

    /// Installs; the stream begins with `addon.installed`. Returns the installation's row number.
    @discardableResult
    func install(_ workspace: String = "ws1", tokens salt: String = "first") async throws -> InstallationNumber {
        let id = try id(workspace)
        try await perform(id, try platform.install(id, tokens: salt))
        return try #require(try await store.credentials(of: id)).number
    }

    /// Installs in so many workspaces, `ws1` and on.
    func install(count: Int) async throws { for number in 1...count { try await install("ws\(number)") } }

    /// Uninstalls; the stream ends with `addon.deleted`.
    func uninstall(_ workspace: String = "ws1") async throws { try await perform(try id(workspace), .deleted) }

    /// What the store knows of an installation.
    func known(
        _ workspace: String = "ws1", with parts: InstallationParts = [.named, .webhookTokens, .handedOut]
    ) async throws -> KnownInstallation? {
        let id = try id(workspace)
        return try await engine.read { reads in try reads.known([id], with: parts).first ?? nil }
    }

    /// Whether an installation has its key.
    func hasKey(_ workspace: String = "ws1") async throws -> Bool {
        try await known(workspace)?.standing.wrappedKey != nil
    }

    // MARK: The audit log

    /// What it says, newest first: action and outcome.
    func audit(_ limit: Int = 100, of installation: InstallationID? = nil) async throws -> [String] {
        try await store.auditRecords(since: nil, of: installation, page: PageRequest(limit: limit)).items.map {
            "\($0.entry.action) \($0.entry.outcome)"
        }
    }

    /// Whether its chain holds, and every row that decides something is authentic.
    func isIntact() async throws -> Bool {
        if case .intact = try await store.verifyAudit(against: nil) { true } else { false }
    }
}
