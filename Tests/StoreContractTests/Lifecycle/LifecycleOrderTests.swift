import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import Store

/// Lifecycle calls in any order, and in any number.
@Suite struct LifecycleOrderTests {
    @Test(arguments: EngineUnderTest.allCases)
    func `a flood of genuine calls that change nothing leaves a handful of audit records`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        for number in 0..<200 {
            let id = try test.id("ws1", "never\(number)")
            #expect(try await test.perform(id, .statusChanged("ACTIVE")) == .ignore(.unknownInstallation))
        }
        #expect(try await test.audit(300).count { $0.contains("ignored") } == QuietCalls.records)
        // What an operator does is recorded whatever came before.
        let asked = try test.id("ws1", "asked")
        #expect(try await test.perform(asked, .statusChanged("ACTIVE"), by: .system) == .ignore(.unknownInstallation))
        #expect(try await test.audit(300).count == 1 + QuietCalls.records + 1)
        try await test.store.recordQuietCalls(endedBy: .distantFuture, at: test.now)
        #expect(try await test.audit(300).count == 1 + QuietCalls.records + 2)
        #expect(try await test.audit(1).first?.hasSuffix("190 more calls changed nothing") == true)
        #expect(try await test.isIntact())
        // And so is what changes something.
        let id = try test.id("ws1", "real")
        #expect(try await test.perform(id, test.platform.install(id)) == .create)
        #expect(try await test.audit(1).first?.hasSuffix("installed") == true)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `each order of calls over two generations ends as the state machine says`(engine: EngineUnderTest) async throws
    {
        let test = try StoreUnderTest(engine)
        let changes: [@Sendable (InstallationID) throws -> LifecycleChange] = [
            { try test.platform.install($0) }, { _ in .statusChanged("INACTIVE") }, { _ in .statusChanged("PAUSED") },
            { _ in .settingsUpdated(SecretBytes(utf8: "[]")) }, { _ in .deleted },
        ]
        // All sequences of three calls out of ten, each in a workspace of its own.
        for sequence in 0..<1000 {
            var model: [Int: InstallationStatus] = [:]
            for step in [sequence / 100, sequence / 10 % 10, sequence % 10] {
                let generation = step % 2
                let id = try test.platform.id("ws\(sequence)", "g\(generation)")
                let change = try changes[step / 2](id)
                let decision = try await test.perform(id, change)
                #expect(decision == Lifecycle.decide(change.signal, at: model[generation]))
                switch decision {
                case .create:
                    if model[1 - generation]?.isLive == true { model[1 - generation] = .superseded }
                    model[generation] = .active
                case .setStatus(let status): model[generation] = status
                case .end, .tombstone: model[generation] = .deleted
                default: break
                }
            }
            for generation in 0...1 {
                let stored = try await test.store.installation(try test.platform.id("ws\(sequence)", "g\(generation)"))
                #expect(stored?.status == model[generation])
                #expect((stored?.webhookPaths.isEmpty ?? true) == !(model[generation]?.isLive ?? false))
            }
        }
        #expect(try await test.isIntact())
    }
}
