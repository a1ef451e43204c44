import Installations
import Sealing
import TestSupport
import Testing

@testable import Store

@Suite struct StorageKeyPlannerTests {
    private let now = TestClock().now
    private let primary = StorageKey.random().id
    private let other = StorageKey.random().id

    private func words(
        _ state: StorageKeyState, _ step: StorageKeyStep, isGenuine: Bool = true, dependents: Int64 = 0
    ) throws -> [String] {
        let key = StorageKeyRecord(
            id: other, state: state, createdAt: now, promotedAt: nil, retiredAt: nil, checkValue: [],
            installations: dependents, isGenuine: isGenuine)
        let writes = try StorageKeyPlanner.advance(
            key, by: step, immediately: true, dependents: dependents, actor: .system, at: now, primary: primary
        ).get()
        return writes.map { change in
            guard case .decide(let decision, let entry) = change, case .storageKey(let id, let state, _) = decision
            else {
                return "\(change)"
            }
            let name = id == primary ? "the primary key" : "it"
            #expect(entry.decides == decision.claim.subject.text && entry.subject == id.description)
            return "\(name) is \(state.rawValue)"
        }
    }

    @Test func `a promotion takes the primary key's place before it gives it`() throws {
        #expect(try words(.prepared, .promote) == ["the primary key is retiring", "it is primary"])
    }

    @Test func `a step to where a key is already writes nothing`() throws {
        #expect(try words(.primary, .promote) == [])
        #expect(try words(.disabled, .retire) == [])
    }

    @Test func `a state that somebody wrote into the file leads nowhere but out`() throws {
        for step in StorageKeyStep.allCases where step != .retire {
            #expect(throws: StoreError.self) { try words(.prepared, step, isGenuine: false) }
        }
        #expect(throws: StoreError.self) { try words(.primary, .retire, isGenuine: false) }
        #expect(try words(.prepared, .retire, isGenuine: false) == ["it is disabled"])
        #expect(throws: StorageKeyRefusal.hasInstallations(2)) {
            try words(.prepared, .retire, isGenuine: false, dependents: 2)
        }
    }
}
