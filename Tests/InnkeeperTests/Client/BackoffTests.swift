import Testing

@testable import Innkeeper

@Suite struct BackoffTests {
    @Test func `without patience nothing is waited for`() async throws {
        var backoff = Backoff(patience: .zero)
        #expect(try await !backoff.wait())
    }

    @Test func `waiting comes to an end`() async throws {
        var backoff = Backoff(patience: .milliseconds(120))
        var count = 0
        while try await backoff.wait() { count += 1 }
        #expect(count < 10)
    }

    @Test func `a cancelled command stops waiting`() async {
        let task = Task {
            var backoff = Backoff(patience: .seconds(3600))
            while try await backoff.wait() {}
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
