import Synchronization
import Testing

@testable import Installations

/// Long work over a store that is away for a moment.
@Suite struct KeyWorkPatienceTests {
    /// Fails so often, then answers how often it was asked.
    private final class Step: Sendable {
        private let asked = Mutex(0)
        let failures: Int
        let error: any Error

        init(failing failures: Int, with error: any Error) {
            self.failures = failures
            self.error = error
        }

        func ask() throws -> Int {
            let count = asked.withLock { asked in
                asked += 1
                return asked
            }
            if count <= failures { throw error }
            return count
        }

        var count: Int { asked.withLock { $0 } }
    }

    private static let away = StoreError.unavailable(.unreachable, code: "connect")

    @Test func `it is tried again until the store is back`() async throws {
        for error in [Self.away, StorageKeyError.store(Self.away)] as [any Error] {
            let step = Step(failing: 3, with: error)
            #expect(try await KeyWork.patiently(for: .seconds(30), pause: .zero) { try step.ask() } == 4)
        }
    }

    @Test func `not for ever`() async throws {
        let step = Step(failing: .max, with: Self.away)
        await #expect(throws: StoreError.self) {
            _ = try await KeyWork.patiently(for: .zero, pause: .zero) { try step.ask() }
        }
    }

    @Test func `whatever else fails is said at once`() async throws {
        for error in [StoreError.outcomeUnknown, .unavailable(.full, code: "x"), .corruptRow(.deployment)] {
            let step = Step(failing: .max, with: error)
            await #expect(throws: StoreError.self) {
                _ = try await KeyWork.patiently(for: .seconds(30), pause: .zero) { try step.ask() }
            }
            #expect(step.count == 1)
        }
    }
}
