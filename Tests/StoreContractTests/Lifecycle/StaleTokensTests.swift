import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// An INSTALLED that was signed before the newest.
@Suite struct StaleTokensTests {
    @Test(arguments: EngineUnderTest.allCases)
    func `an INSTALLED signed more than a minute before the newest does not roll the tokens back`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.perform(test.id(), test.platform.install(tokensInPairs: 1), with: "a", issuedAt: 1_795_430_000)
        #expect(
            try await test.perform(
                test.id(), test.platform.install(tokensInPairs: 2), with: "b", issuedAt: 1_795_429_939)
                == .refuseStaleToken)
        #expect(try await test.known()?.standing.tokenSet == 1)
        #expect(
            try await test.perform(
                test.id(), test.platform.install(tokensInPairs: 2), with: "c", issuedAt: 1_795_429_940)
                == .replaceTokens)
        // The newest counts, not the last; and one that does not say when it was signed is neither.
        #expect(
            try await test.perform(
                test.id(), test.platform.install(tokensInPairs: 2), with: "d", issuedAt: 1_795_429_939)
                == .refuseStaleToken)
        #expect(try await test.perform(test.id(), test.platform.install(tokensInPairs: 2), with: "e") == .replaceTokens)
        #expect(
            try await test.perform(
                test.id(), test.platform.install(tokensInPairs: 2), with: "f", issuedAt: 1_795_429_939)
                == .refuseStaleToken)
        // Other calls are not measured by it.
        #expect(
            try await test.perform(test.id(), .statusChanged("INACTIVE"), with: "g", issuedAt: 1)
                == .setStatus(.inactive))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a token from a clock that is years ahead refuses nothing for longer than the skew`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.perform(test.id(), test.platform.install(tokensInPairs: 1), with: "a", issuedAt: .max)
        let now = test.now.seconds
        #expect(
            try await test.perform(test.id(), test.platform.install(tokensInPairs: 1), with: "b", issuedAt: now - 1)
                == .refuseStaleToken)
        #expect(
            try await test.perform(test.id(), test.platform.install(tokensInPairs: 1), with: "c", issuedAt: now)
                == .replaceTokens)
    }
}
