import Foundation

/// Lets a few deployments run at once, however many tests do: a starved server would pass its own deadlines.
actor Turns {
    /// As many as keep this machine busy.
    static let shared = Turns(2 * ProcessInfo.processInfo.activeProcessorCount)

    /// A deployment within another has its turn already; waiting for a second could be for ever.
    @TaskLocal private static var hasTurn = false

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    private init(_ count: Int) { free = count }

    /// Runs `body` when it is its turn.
    nonisolated func taking(_ body: () async throws -> Void) async throws {
        guard !Self.hasTurn else { return try await body() }
        await take()
        do {
            try await Self.$hasTurn.withValue(true) { try await body() }
        } catch {
            await give()
            throw error
        }
        await give()
    }

    private func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    private func give() {
        if waiting.isEmpty {
            free += 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}
