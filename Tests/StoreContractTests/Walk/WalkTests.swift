import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// The same deeds over every engine, in an order that nobody chose.
@Suite(.timeLimit(.minutes(15))) struct WalkTests {
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `after the same deeds every engine answers the same, shows the same and has recorded the same`(
        seed: UInt64
    ) async throws {
        var walks: [Walk] = []
        for engine in EngineUnderTest.allCases { walks.append(try await Walk(over: engine)) }
        let (first, others) = (walks[0], walks.dropFirst())
        for step in 0..<600 {
            let deed = Deed(of: seed, step)
            let expected = try await first.perform(deed)
            for other in others {
                let answer = try await other.perform(deed)
                try #require(answer == expected, "step \(step): \(deed)")
            }
            guard step % 50 == 49 else { continue }
            let view = try await first.view()
            for other in others {
                for (mine, its) in zip(view, try await other.view()) { try #require(its == mine, "after step \(step)") }
            }
        }
        let view = try await first.view()
        for walk in walks {
            #expect(try await walk.test.isIntact())
            #expect(try await walk.test.verify().damaged.isEmpty)
            let again = try walk.reopened()
            #expect(try await again.view() == view, "opened again it shows the same")
        }
    }
}
