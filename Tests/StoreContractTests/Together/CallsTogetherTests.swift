import Installations
import Marketplace
import Sealing
import Synchronization
import TestSupport
import Testing
import Webhooks

@testable import Store

/// Lifecycle calls that wait for the writer together.
@Suite(.timeLimit(.minutes(5))) struct CallsTogetherTests {
    private func installs(_ test: StoreUnderTest, _ count: Int) throws -> [LifecycleCall] {
        try (0..<count).map { number in
            let id = try test.id("ws\(number)")
            return test.platform.call(id, try test.platform.install(id), at: test.now)
        }
    }

    private func decisions(_ results: [Result<LifecycleDecision, any Error>]) -> [LifecycleDecision?] {
        results.map { try? $0.get() }
    }

    /// What the audit log says of installations, oldest first.
    private func audit(_ test: StoreUnderTest) async throws -> [String] {
        try await test.store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 200)).items.reversed()
            .compactMap {
                record in record.entry.installation.map { "\($0.workspaceID.text) \(record.entry.outcome)" }
            }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `they go into one transaction, in their order`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let results = try await test.performTogether(installs(test, 5))
        #expect(decisions(results) == Array(repeating: .create, count: 5))
        #expect(test.engine.calls["apply(_:)"] == 1)
        #expect(try await audit(test) == (0..<5).map { "ws\($0) installed" })
        #expect(test.store.waitingEvents == 5)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `more than fit one transaction go into the next`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let results = try await test.performTogether(installs(test, 64 + 1))
        #expect(decisions(results) == Array(repeating: .create, count: 64 + 1))
        #expect(test.engine.calls["apply(_:)"] == 2)
        #expect(try await audit(test) == (0...64).map { "ws\($0) installed" })
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `calls of one installation keep their order`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let id = try test.id()
        let install = try test.platform.install(id)
        let changes: [LifecycleChange] = [
            install, .statusChanged("INACTIVE"), .statusChanged("ACTIVE"), .deleted, install,
        ]
        let results = try await test.performTogether(changes.map { test.platform.call(id, $0, at: test.now) })
        #expect(decisions(results) == [.create, .setStatus(.inactive), .setStatus(.active), .end, .refuse])
        #expect(test.engine.calls["transact"] == 1)
        let types = ["addon.installed", "addon.status_changed", "addon.status_changed", "addon.deleted"]
        #expect(try await test.events().map(\.type) == types.reversed())
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `of several INSTALLED of one workspace the last one lives`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let calls = try ["a", "b", "c"].map { addon in
            let id = try test.id("ws1", addon)
            return test.platform.call(id, try test.platform.install(id), at: test.now)
        }
        #expect(decisions(try await test.performTogether(calls)) == [.create, .create, .create])
        let all = try await test.store.installations(matching: InstallationFilter(scope: .all), page: PageRequest())
        #expect(all.items.map(\.status) == [.active, .superseded, .superseded])
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `one that meets a damaged row fails alone`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let damaged = try test.id("damaged")
        try await test.damage(.installationKey(of: try await test.install("damaged")))
        var calls = try installs(test, 2)
        calls.insert(test.platform.call(damaged, .statusChanged("INACTIVE"), at: test.now), at: 1)
        let results = try await test.performTogether(calls)
        #expect(decisions(results) == [.create, nil, .create])
        #expect(throws: StoreError.self) { try results[1].get() }
        #expect(test.engine.calls["apply(_:)"] == 1)
        #expect(try await audit(test) == ["damaged installed", "ws0 installed", "ws1 installed"])
        #expect(try await test.store.installation(damaged)?.status == .active)
        #expect(test.store.waitingEvents == 3)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `one with a token that was handed out is refused alone and undoes nobody`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let id = try test.id("given")
        try await test.install("given")
        let token = PresentedToken(
            try test.platform.token(id, salt: "firstwebhooks/time"), issuedAt: nil, by: test.store.handedOut)
        let webhook = PresentedToken(
            try test.platform.token(id, salt: "firstinstallation"), issuedAt: nil, by: test.store.handedOut)
        var calls = try installs(test, 2)
        calls.insert(test.platform.call(id, .deleted, at: test.now, token: webhook), at: 1)
        #expect(token.digest.bytes != webhook.digest.bytes)
        #expect(decisions(try await test.performTogether(calls)) == [.create, .refuseStoredToken, .create])
        #expect(try await audit(test) == ["given installed", "ws0 installed", "ws1 installed"])
        #expect(try await test.store.installation(id)?.status == .active)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a token is refused that a call before it in the same transaction brought`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let id = try test.id()
        func call(_ change: LifecycleChange, with salt: String) throws -> LifecycleCall {
            let token = PresentedToken(
                try test.platform.token(id, salt: salt + "installation"), issuedAt: nil, by: test.store.handedOut)
            return test.platform.call(id, change, at: test.now, token: token)
        }
        let results = try await test.performTogether([
            call(test.platform.install(id, tokens: "first"), with: "other"), call(.deleted, with: "first"),
            call(test.platform.install(id, tokens: "second"), with: "other"), call(.deleted, with: "second"),
        ])
        #expect(decisions(results) == [.create, .refuseStoredToken, .replaceTokens, .refuseStoredToken])
        #expect(try await test.store.installation(id)?.status == .active)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `when their transaction is undone for one of them each is tried alone`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let results = try await test.performTogether(installs(test, 3)) {
            test.engine.beforeApply { throw StoreError.conflict("one of them") }
        }
        #expect(decisions(results) == [.create, .create, .create])
        #expect(test.engine.calls["apply(_:)"] == 1 + 3)
        #expect(try await audit(test) == (0..<3).map { "ws\($0) installed" })
        #expect(test.store.waitingEvents == 3)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `when the storage fails none is tried again, and later ones are taken`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let results = try await test.performTogether(installs(test, 3)) {
            test.engine.beforeApply { throw StoreError.unavailable(.full, code: "test") }
        }
        #expect(decisions(results) == [nil, nil, nil])
        #expect(test.engine.calls["apply(_:)"] == 1)
        #expect(try await audit(test) == [] && test.store.waitingEvents == 0)
        try await test.install()
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `one that is withdrawn while it waits is never committed, and undoes nobody`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let writer = await test.busyWriter()
        let tickets = (0..<3).map { _ in WriteTicket() }
        var tasks: [Task<LifecycleDecision, any Error>] = []
        for (ticket, call) in zip(tickets, try installs(test, 3)) {
            tasks.append(
                Task { try await WriteTicket.$current.withValue(ticket) { try await test.store.perform(call) } })
            while test.store.lifecycleCalls.withLock({ $0.depth }) < tasks.count { await Task.yield() }
        }
        #expect(tickets[1].withdraw())
        for task in tasks { task.cancel() }
        writer.gate.open()
        #expect(try await tasks[0].value == .create, "a caller that gives up undoes nothing")
        await #expect(throws: StoreError.self) { try await tasks[1].value }
        #expect(try await tasks[2].value == .create)
        #expect(try await audit(test) == ["ws0 installed", "ws2 installed"])
        #expect(!tickets[0].withdraw() && !tickets[2].withdraw(), "what is committed is not taken back")
        try await writer.task.value
    }

    @Test(arguments: EngineUnderTest.withOneWriter)
    func `a write that is withdrawn while it waits for the writer changes nothing`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let writer = await test.busyWriter()
        let (ticket, asked) = (WriteTicket(), test.engine.askedWrites)
        let task = Task {
            try await WriteTicket.$current.withValue(ticket) {
                try await test.store.createAPIKey(
                    name: "late", APIKeyGrant(scopes: [.read]), actor: .system, at: test.now)
            }
        }
        while test.engine.askedWrites == asked { await Task.yield() }
        #expect(ticket.withdraw())
        writer.gate.open()
        await #expect(throws: StoreError.self) { try await task.value }
        #expect(try await test.store.apiKeys().isEmpty)
        #expect(try await test.audit().first == "busy done")
        try await writer.task.value
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `calls that changed nothing are told of later when their record cannot be written now`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        for number in 0..<(QuietCalls.records + 3) {
            try await test.perform(test.id("ws1", "never\(number)"), .statusChanged("ACTIVE"))
        }
        test.engine.beforeApply { throw StoreError.conflict("not now") }
        await #expect(throws: StoreError.self) {
            try await test.store.recordQuietCalls(endedBy: .distantFuture, at: test.now)
        }
        try await test.store.recordQuietCalls(endedBy: .distantFuture, at: test.now)
        #expect(try await test.audit(1).first?.hasSuffix("3 more calls changed nothing") == true)
    }
}
