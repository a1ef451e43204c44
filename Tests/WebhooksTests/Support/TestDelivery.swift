import Installations
import Logging
import Marketplace
import MetricsTestKit
import SQLiteStore
import Sealing
import ServiceLifecycle
import Store
import TestSupport
import Testing

@testable import Webhooks

/// Everything that delivers by push, over a real store and the real clock, with a schedule that a test can wait for.
struct TestDelivery: Sendable {
    static let secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]

    let test: TestStore
    let platform: TestPlatform
    private let streams = ReadyStreams()
    private let holdTimer = HoldTimer()
    private let settlementWriter: SettlementWriter
    private let store: any DeliveryStore
    private let clock: Now = { .now() }

    /// Over a new store or an earlier one, which a test may watch.
    init(over test: TestStore? = nil, watched watch: (Store) -> any DeliveryStore = { $0 }) throws {
        self.test = try test ?? TestStore(at: .now())
        platform = try TestPlatform()
        store = watch(self.test.store)
        settlementWriter = SettlementWriter(store: store)
    }

    /// What a test wants different.
    struct Options: Sendable {
        var schedule = RetrySchedule()
        var limits = PushClient.Limits()
        var breaker = CircuitBreaker.Limits()
        var secrets = [TestDelivery.secrets[0]]
        var trust = Authorities.system
        let figures = TargetFigures()
        let metrics = TestMetrics()

        init() {
            schedule.first = 20
            schedule.longest = 50
        }
    }

    /// Delivers to `url` while `body` runs.
    func running(
        to url: String, _ options: Options = Options(), _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let target = PushTarget(
            addonKey: platform.manifest.key, url: url, secrets: options.secrets.compactMap { SigningSecret($0) })
        let client = PushClient(limits: options.limits, trusting: options.trust)
        let services: [any Service] = [
            settlementWriter, client,
            Dispatcher(
                store: store, streams: streams, holdTimer: holdTimer, schedule: options.schedule, log: .unread,
                now: clock),
            Forwarder(
                to: target, store: store, settlementWriter: settlementWriter, streams: streams, holdTimer: holdTimer,
                client: client, pauses: test.store.pauses, figures: options.figures,
                schedule: options.schedule, breaker: options.breaker, log: .unread, metrics: options.metrics,
                now: clock),
        ]
        let group = ServiceGroup(services: services, logger: logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            do {
                try await body()
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Installs and returns what is needed to append events.
    func install(_ workspace: String) async throws -> InstallationID {
        let id = try platform.id(workspace, "inst-" + workspace)
        _ = try await test.store.perform(platform.call(id, try platform.install(id), at: .now()))
        return id
    }

    /// Uninstalls.
    func uninstall(_ id: InstallationID) async throws {
        _ = try await test.store.perform(platform.call(id, .deleted, at: .now()))
    }

    /// Appends an event for each body, sealed for another event if a test wants one that does not open.
    @discardableResult
    func append(_ bodies: [String], to id: InstallationID, sealedFor other: EventID? = nil) async throws -> [EventID] {
        let credentials = try #require(try await test.store.credentials(of: id))
        let key = try test.store.vault
            .openKey(credentials.wrappedKey, of: id, number: credentials.number)
        let events = bodies.map { body in
            let event = test.store.eventIDs.next(at: .now())
            return InboxEvent(
                id: event, installation: credentials.number, tokenSet: credentials.tokenSet, installationKey: key.id,
                type: "NEW_TIME_ENTRY", receivedAt: .now(),
                body: key.seal(Array(body.utf8), in: id.context(.event(other ?? event, type: "NEW_TIME_ENTRY"))))
        }
        #expect(try test.store.append(events).allSatisfy { $0 == .appended })
        return events.map(\.id)
    }

    /// Waits until nothing waits any more.
    func waitUntilSettled() async throws {
        while test.store.waitingEvents > 0 { try await Task.sleep(for: .milliseconds(2)) }
    }

    /// Streams that may go on and that nobody has taken.
    var readyStreams: Int { streams.count }

    /// Waits until an event stands so.
    func wait(for id: EventID, _ isEnough: (EventDetail) -> Bool) async throws -> EventDetail {
        while true {
            let detail = try #require(try await test.store.eventDetail(id))
            if isEnough(detail) { return detail }
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}
