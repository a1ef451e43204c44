import Installations
import Marketplace
import Store
import TestSupport
import Testing

@testable import Webhooks

/// Which refused webhooks are counted: those that no stranger can make.
@Suite struct RefusedTokensTests {
    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    @Test func `a signed webhook with another token is counted, whatever a stranger sends is not`() async throws {
        let deployment = try await TestDeployment()
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        try await deployment.running { () async throws in
            let other = try deployment.platform.webhookToken(id, "/webhooks/project")
            #expect(try await deployment.webhook(other).word == "token_not_on_route")
            #expect(try await deployment.webhook(other).word == "token_not_on_route")
            #expect(try await deployment.webhook(other.dropLast(4) + "AAAA").word == "signature")
            let stranger = try deployment.platform.webhookToken(
                try deployment.platform.id("ws9", "x"), "/webhooks/time")
            #expect(try await deployment.webhook(stranger).word == "unknown_installation")
            #expect(
                try await deployment.webhook(try deployment.platform.webhookToken(id, "/webhooks/time")).word
                    == "accepted")
        }
        let number = try #require(try await deployment.test.store.installation(id)).number
        let calls = deployment.refused.take()
        #expect(calls.map(\.installation) == [number] && calls.map(\.count) == [2])
        #expect(deployment.refused.take().isEmpty)
    }

    @Test func `a newer token set counts anew, an older one no more`() {
        let refused = RefusedTokens()
        refused.note(1, 1, at: now)
        refused.note(1, 2, at: now)
        refused.note(1, 1, at: now)
        refused.note(1, 2, at: now)
        let calls = refused.take()
        #expect(calls.map(\.count) == [2] && calls.map(\.tokenSet) == [2])
        refused.note(1, 2, at: now)
        refused.giveBack(calls)
        #expect(refused.take().map(\.count) == [3])
    }

    @Test func `only so many installations are counted at a time`() {
        let refused = RefusedTokens()
        for number in 1...5000 { refused.note(InstallationNumber(Int64(number)), 1, at: now) }
        refused.note(1, 1, at: now)
        let calls = refused.take()
        #expect(calls.count == 4096 && calls.first { $0.installation == 1 }?.count == 2)
    }
}
