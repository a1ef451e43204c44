import Installations
import Logging
import ServiceLifecycle
import Store

/// Writes down what lifecycle calls that changed nothing, and what operators' clients do often, were summed up to: every minute, and all of it at the end.
struct QuietCallRecorder: Service, CustomStringConvertible {
    private static let pause = Duration.seconds(60)

    let store: Store
    let calls: OperatorCalls
    let logger: Logger
    let now: Now

    var description: String { "quiet call recorder" }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: Self.pause)
                await record(over: now())
            }
        }
        await record(over: .distantFuture)
    }

    private func record(over end: Timestamp) async {
        do {
            try await store.recordQuietCalls(endedBy: end, at: now())
            try await calls.record(endedBy: end, at: now(), in: store)
        } catch {
            logger.error("what calls were summed up to cannot be recorded", metadata: ["reason": "\(error)"])
        }
    }
}
