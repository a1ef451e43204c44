/// One deadline over a whole exchange, its body included: who trickles an answer holds nobody for longer.
enum ExchangeDeadline {
    /// The exchange had its time.
    struct Passed: Error {}

    /// Runs an exchange, and cancels it when its time is over.
    static func run<Answer: Sendable>(
        _ patience: Duration, _ exchange: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer.self) { tasks in
            defer { tasks.cancelAll() }
            tasks.addTask(operation: exchange)
            tasks.addTask {
                try await Task.sleep(for: patience)
                throw Passed()
            }
            guard let answer = try await tasks.next() else { throw CancellationError() }
            return answer
        }
    }
}
