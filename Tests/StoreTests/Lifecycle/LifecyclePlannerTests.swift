import Installations
import Marketplace
import Sealing
import TestSupport
import Testing

@testable import Store

/// What a lifecycle call changes, without a store: facts in, a plan out.
@Suite struct LifecyclePlannerTests {
    private let platform: TestPlatform
    private let directory: TemporaryDirectory
    private let storageKey = StorageKey.random()
    private let tools: StoreTools
    private var seal: AuthoritySeal { tools.authority.seal }
    private var tokens: HandedOutTokens { tools.handedOut }
    private var vault: InstallationVault { tools.vault }
    private let planner: LifecyclePlanner
    private let now = TestClock().now
    private let id: InstallationID

    init() throws {
        platform = try TestPlatform()
        id = try platform.id()
        directory = try TemporaryDirectory()
        let keys = KeyDirectory(path: directory.path + "/keys")
        try keys.ensureDirectory()
        try keys.create(storageKey)
        tools = StoreTools(
            keys: DeploymentKeys(.random(), .current), keyring: try Keyring(directory: keys), form: .current)
        planner = LifecyclePlanner(
            tools: tools, ids: EventIDGenerator(after: nil), quietCalls: QuietCalls())
    }

    // MARK: Facts

    private var primary: PrimaryKey {
        let proof = seal.prove(.storageKey(storageKey.id, state: .primary), decidedBy: 1)
        return PrimaryKey(id: storageKey.id, proof: proof, latest: 1)
    }

    /// An installation as a store would know it.
    private func known(
        _ id: InstallationID, number: InstallationNumber = 1, _ status: InstallationStatus = .active,
        handedOut given: [String] = [],
        issuedAt: Int64? = nil, key: SealedValue? = nil, latest: RecordNumber = 7
    ) throws -> KnownInstallation {
        var set = HandedOutSet()
        _ = set.add(given.map { SecretBytes(utf8: $0) }, by: tokens)
        let wrapped = try key ?? vault.makeKey(for: id, under: storageKey.id).wrapped
        func standing(_ proof: AuthorityProof?) -> Standing {
            Standing(
                id: id, number: number, status: status, apiURL: "https://api.clockify.me/api", tokenSet: 3,
                issuedAt: issuedAt, handedOut: set.summary(by: seal), wrappedKey: wrapped.bytes, proof: proof)
        }
        let proof = seal.prove(standing(nil).claim, decidedBy: 7)
        return KnownInstallation(standing: standing(proof), latest: latest, handedOut: set)
    }

    private func planned(
        _ change: LifecycleChange, _ own: KnownInstallation? = nil, others: [KnownInstallation] = [],
        with token: String? = nil, issuedAt: Int64? = nil, actor: Actor = .platform
    ) throws(StoreError) -> LifecyclePlan {
        let token = token.map { PresentedToken($0, issuedAt: issuedAt, by: tokens) }
        return try planner.plan(
            platform.call(id, change, at: now, actor: actor, token: token),
            LifecycleFacts(own: own, others: others, primary: primary, nextNumber: 9))
    }

    /// A plan in words, in its order.
    private func words(_ plan: LifecyclePlan) -> [String] {
        plan.changes.map { write in
            switch write {
            case .decide(.installation(let change, let standing, _), let entry):
                let name = "\(change)".prefix { $0.isLetter }
                return
                    "\(name) \(standing.number) \(standing.status.rawValue) set \(standing.tokenSet): \(entry.action)"
            case .record(let entry): return "record \(entry.action) \(entry.outcome)"
            case .touch(let number, _): return "touch \(number)"
            case .replaceKey(let number, _): return "replaceKey \(number)"
            case .eraseSecrets(let number, let keepingSettings):
                return "erase \(number)\(keepingSettings ? " but settings" : "")"
            case .putSecret(let number, let name, _): return "put \(number) \(name.rawValue)"
            case .putWebhookTokens(let number, let tokens): return "put \(number) \(tokens.count) webhook tokens"
            case .keepHandedOut(let number, let digests): return "keep \(number) \(digests.count) digests"
            case .append(let event): return "tell \(event.installation) \(event.type)"
            case .noteEnd(let number, _): return "noteEnd \(number)"
            default: return "\(write)"
            }
        }
    }

    private func expectForged(
        _ item: StoredItem, _ body: () throws -> LifecyclePlan, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(sourceLocation: location) {
            _ = try body()
        } throws: { error in
            guard case StoreError.forgedRow(item) = error else { return false }
            return true
        }
    }

    // MARK: Plans

    @Test func `a new installation ends all others of its add-on in its workspace first`() throws {
        let other = try known(platform.id("ws1", "before"), number: 4)
        let plan = try planned(platform.install(id), others: [other])
        #expect(plan.decision == .create && plan.hasErased && plan.toldStreams == [4, 9])
        #expect(
            words(plan) == [
                "tell 4 addon.superseded", "erase 4", "end 4 SUPERSEDED set 3: installation.supersede", "noteEnd 4",
                "insert 9 ACTIVE set 1: installation.install", "put 9 installation-token", "put 9 2 webhook tokens",
                "keep 9 3 digests", "tell 9 addon.installed",
            ])
    }

    @Test func `a reinstall replaces the set, keeps the settings and remembers the tokens before`() throws {
        let own = try known(id, .inactive, handedOut: ["before"])
        let plan = try planned(platform.install(id), own, with: "lifecycle")
        #expect(
            words(plan) == [
                "erase 1 but settings", "replaceTokens 1 INACTIVE set 4: installation.install",
                "put 1 installation-token", "put 1 2 webhook tokens", "keep 1 3 digests", "tell 1 addon.installed",
            ])
    }

    @Test func `a token that was handed out changes nothing, whatever it asks for and however it stands`() throws {
        for status in InstallationStatus.allCases {
            let own = try known(id, status, handedOut: ["given"])
            for change in [try platform.install(id), .deleted, .statusChanged("INACTIVE")] {
                let plan = try planned(change, own, with: "given")
                #expect(plan.decision == .refuseStoredToken && plan.changes.isEmpty)
            }
        }
    }

    @Test func `a digest that somebody removed stops the platform's calls and not an operator's end`() throws {
        let whole = try known(id, handedOut: ["given", "other"])
        let cut = KnownInstallation(
            standing: whole.standing, latest: whole.latest,
            handedOut: HandedOutSet(Array(whole.handedOut.digests.dropLast())))
        expectForged(.handedOutTokens(1)) {
            try planned(.deleted, cut, with: "lifecycle")
        }
        #expect(try planned(.deleted, cut, actor: .system).decision == .end)
    }

    @Test func `a row that is forged or stale stops the platform's calls and not an operator's end`() throws {
        let stale = try known(id, latest: 8)
        expectForged(.installation(1)) {
            try planned(.statusChanged("INACTIVE"), stale, with: "lifecycle")
        }
        let plan = try planned(.deleted, stale, actor: .system)
        #expect(words(plan).contains("end 1 DELETED set 3: installation.forget"))
    }

    @Test func `nothing is wrapped under a primary key that somebody wrote into the file`() throws {
        let forged = PrimaryKey(id: storageKey.id, proof: nil, latest: 0)
        expectForged(.storageKey) {
            try planner.plan(
                platform.call(id, platform.install(id), at: now),
                LifecycleFacts(own: nil, others: [], primary: forged, nextNumber: 9))
        }
    }

    @Test func `an installation whose key does not open is ended under a fresh one`() throws {
        var bytes = try vault.makeKey(for: id, under: storageKey.id).wrapped.bytes
        bytes[bytes.count - 1] ^= 1
        let damaged = try SealedValue(bytes: bytes)
        let plan = try planned(.deleted, known(id, key: damaged), with: "lifecycle")
        #expect(
            words(plan) == [
                "replaceKey 1", "erase 1", "record installation.key its key did not open", "tell 1 addon.deleted",
                "erase 1", "end 1 DELETED set 3: installation.delete", "noteEnd 1",
            ])
    }

    @Test func `a reinstall over a key that does not open gets a fresh one, as its tokens come once`() throws {
        var bytes = try vault.makeKey(for: id, under: storageKey.id).wrapped.bytes
        bytes[bytes.count - 1] ^= 1
        let plan = try planned(platform.install(id), known(id, key: try SealedValue(bytes: bytes)), with: "lifecycle")
        #expect(
            words(plan) == [
                "replaceKey 1", "erase 1", "record installation.key its key did not open", "erase 1 but settings",
                "replaceTokens 1 ACTIVE set 4: installation.install", "put 1 installation-token",
                "put 1 2 webhook tokens", "keep 1 3 digests", "tell 1 addon.installed",
            ])
    }

    @Test func `what could not be read of an older installation stops the platform's calls and not an operator's end`()
        throws
    {
        let own = try known(id)
        let older = KnownInstallation(
            standing: own.standing, latest: own.latest,
            unreadable: .corruptRow(.installationSecret(1)))
        #expect(throws: StoreError.self) { try planned(.deleted, older, with: "lifecycle") }
        #expect(throws: StoreError.self) { try planned(platform.install(id), older, with: "lifecycle") }
        #expect(try planned(.deleted, older, actor: .system).decision == .end)
    }

    @Test func `an INSTALLED older than the newest rolls nothing back`() throws {
        let own = try known(id, issuedAt: 1_000)
        let plan = try planned(platform.install(id), own, with: "old", issuedAt: 939)
        #expect(plan.decision == .refuseStaleToken && plan.changes.isEmpty)
        #expect(try planned(platform.install(id), own, with: "new", issuedAt: 940).decision == .replaceTokens)
    }

    @Test func `what changes nothing is recorded, until there is too much of it`() throws {
        let own = try known(id, .deleted)
        let plans = try (0..<QuietCalls.records + 2).map { _ in try planned(platform.install(id), own, with: "late") }
        #expect(plans.allSatisfy { $0.decision == .refuse })
        #expect(words(plans[0]) == ["record installation.install refused: already ended"])
        #expect(plans.filter(\.isUnrecorded).count == 2 && plans.filter(\.changes.isEmpty).count == 2)
    }
}
