import UnixSignals

/// Ends the demo in order on SIGTERM, as `Interrupt` does on SIGINT: otherwise its server would go on alone.
enum Interruption {
    /// Runs `body`. SIGTERM cancels it; once it has cleaned up, `interrupted` is thrown.
    static func cancelling<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let signals = await UnixSignalsSequence(trapping: .sigterm)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in signals { break }
                return nil
            }
            // Leaving the group waits for both tasks, so the clean-up of a cancelled body is finished here.
            defer { group.cancelAll() }
            guard let result = try await group.next() ?? nil else { throw SimulateError.interrupted }
            return result
        }
    }
}
