import Installations
import Marketplace
import Sealing
import Synchronization
import TestSupport
import Testing

@Suite struct InstallationManagerOperatorsTests {
    private let platform: TestPlatform
    private let id: InstallationID

    init() throws {
        platform = try TestPlatform()
        id = try platform.id()
    }

    private func installation(_ status: InstallationStatus, isGenuine: Bool = true) -> Installation {
        Installation(
            id: id, number: 1, status: status, apiURL: "", addonUserID: "", asUser: "", installedAt: TestClock().now,
            updatedAt: TestClock().now, endedAt: nil, tokenSet: 1, storageKey: nil, webhookPaths: [],
            isGenuine: isGenuine)
    }

    private func manager(_ store: OneInstallation) throws -> InstallationManager {
        InstallationManager(
            store: store, audit: store.log, verifier: try platform.verifier(), directory: TokenDirectory(limit: 1),
            handedOut: HandedOutTokens(key: .random()), manifests: [platform.manifest],
            hosts: KnownPlatform.clockify.hosts, readings: RateLimiter(perMinute: 60, burst: 2),
            now: { TestClock().now })
    }

    // MARK: forget

    private func forget(in store: OneInstallation) async throws -> ForgetAnswer {
        try await manager(store).forget(
            id, actor: .local(userID: 7), reason: try #require(StatedReason("moved")))
    }

    @Test(arguments: [InstallationStatus.active, .inactive])
    func `a live installation is ended by one call in the operator's name`(status: InstallationStatus) async throws {
        let store = OneInstallation(installation(status))
        #expect(try await forget(in: store) == .ended)
        let call = try #require(store.calls.first)
        #expect(store.calls.count == 1 && call.change.signal == .deleted && call.token == nil)
        #expect(call.actor == .local(userID: 7) && call.reason == "moved")
        #expect(String(decoding: call.payload, as: UTF8.self) == #"{"addonId":"inst1","workspaceId":"ws1"}"#)
        #expect(store.log.entries.isEmpty)
    }

    @Test func `an unknown installation is no tombstone afterwards, and the attempt is on record`() async throws {
        let store = OneInstallation(nil)
        #expect(try await forget(in: store) == .unknown)
        #expect(store.calls.isEmpty)
        #expect(store.log.entries.map(\.outcome) == ["refused: unknown"])
        #expect(store.log.entries.map(\.action) == ["installation.forget"])
        #expect(store.log.entries.map(\.actor) == ["local:7"] && store.log.entries.map(\.detail) == ["moved"])
    }

    @Test(arguments: [InstallationStatus.deleted, .superseded])
    func `what has ended does not end again, and the attempt is on record`(status: InstallationStatus) async throws {
        let store = OneInstallation(installation(status))
        #expect(try await forget(in: store) == .endedBefore(status))
        #expect(store.calls.isEmpty)
        #expect(store.log.entries.map(\.outcome) == ["refused: \(status.rawValue)"])
    }

    @Test func `an end that somebody wrote into the row is not believed`() async throws {
        let store = OneInstallation(installation(.deleted, isGenuine: false))
        #expect(try await forget(in: store) == .ended)
        #expect(store.calls.count == 1)
    }

    @Test func `who comes a moment after the platform's DELETED is told so`() async throws {
        let store = OneInstallation(installation(.active), decision: .ignore(.endedInstallation))
        #expect(try await forget(in: store) == .endedMeanwhile)
    }

    // MARK: token

    @Test func `who asks for tokens too often is told when to come again, and leaves no record`() async throws {
        let store = OneInstallation(installation(.active))
        let manager = try manager(store)
        for _ in 0..<2 {
            guard case .answered(.token) = try await manager.token(of: id, actor: .apiKey("a"), reason: .none) else {
                Issue.record("within the rate the token is given")
                return
            }
        }
        guard case .tooMany(retryAfter: 1) = try await manager.token(of: id, actor: .apiKey("a"), reason: .none) else {
            Issue.record("past the rate it is not")
            return
        }
        #expect(store.readings.map(\.actor) == [.apiKey("a"), .apiKey("a")])
        guard case .answered = try await manager.token(of: id, actor: .apiKey("b"), reason: .none) else {
            Issue.record("another key has a rate of its own")
            return
        }
    }

    @Test(arguments: [
        ("https://euc1.clockify.me/api", "https://euc1.clockify.me/api"), ("https://elsewhere.example/api", ""),
        ("", ""),
    ])
    func `a token comes with no URL that is not allowed today`(stored: String, given: String) async throws {
        let store = OneInstallation(installation(.active), apiURL: stored)
        let answer = try await manager(store).token(of: id, actor: .apiKey("a"), reason: .none)
        guard case .answered(.token(_, let url)) = answer else {
            Issue.record("the token is given")
            return
        }
        #expect(url == given)
    }
}

/// A store of one installation, or of none, that writes down what it is asked to do.
private final class OneInstallation: InstallationStore {
    private let installation: Installation?
    private let decision: LifecycleDecision
    private let apiURL: String
    private let performed = Mutex<[LifecycleCall]>([])
    private let asked = Mutex<[TokenReading]>([])
    let log = MemoryLog()

    init(_ installation: Installation?, decision: LifecycleDecision = .end, apiURL: String = "") {
        self.installation = installation
        self.decision = decision
        self.apiURL = apiURL
    }

    var calls: [LifecycleCall] { performed.withLock { $0 } }
    var readings: [TokenReading] { asked.withLock { $0 } }

    func perform(_ call: LifecycleCall) async throws(StoreError) -> LifecycleDecision {
        performed.withLock { $0.append(call) }
        return decision
    }

    func token(of id: InstallationID, reading: TokenReading) async throws(StoreError) -> TokenAnswer {
        asked.withLock { $0.append(reading) }
        return .token(SecretBytes(utf8: "token"), apiURL: apiURL)
    }

    func installation(_ id: InstallationID) async throws(StoreError) -> Installation? { installation }

    func spendReading(by actor: Actor, interval: Int64, burst: Int64) async throws(StoreError) -> Int64? { nil }

    func wasHandedOut(_ token: Digest, for id: InstallationID) async throws(StoreError) -> Bool { false }
    func installations(
        matching filter: InstallationFilter, page: PageRequest
    ) async throws(StoreError) -> Page<Installation> { Page(items: [], next: nil) }
    func credentials(of id: InstallationID) async throws(StoreError) -> SealedCredentials? { nil }
    func condition() async -> StoreCondition? { nil }
}
