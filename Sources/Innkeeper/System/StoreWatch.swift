import Installations
import Logging
import ServiceLifecycle
import Store

/// Says in the log, once each, when the store stops committing and when it goes on, and finds out whether it goes on.
struct StoreWatch: Service, CustomStringConvertible {
    let engine: any WatchedEngine
    let logger: Logger
    /// Told when the store takes writes again: what was committed without an answer is looked for.
    let recovered: @Sendable () -> Void

    var description: String { "store watch" }

    func run() async throws {
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { for await notice in engine.notices.cancelOnGracefulShutdown() { say(notice) } }
            tasks.addTask {
                // Throws at the shutdown, which ends it.
                try? await cancelWhenGracefulShutdown {
                    while true {
                        await engine.lookAgain()
                        try await Task.sleep(for: .seconds(1))
                    }
                }
            }
        }
    }

    private func say(_ notice: StoreNotice) {
        switch notice {
        case .unavailable(let condition, let code):
            logger.error(
                "the store takes no writes",
                metadata: [
                    "condition": "\(condition.rawValue)", "problem": "\(condition.problem)", "code": "\(code)",
                    "fix": "\(condition.remedy)",
                ])
        case .recovered:
            logger.notice("the store takes writes again")
            recovered()
        case .logHeld:
            logger.warning(
                "what was erased is still in the write-ahead log, as a reader holds it",
                metadata: ["fix": "wait for a backup or a verification under way; it is emptied when that ends"])
        case .logEmptied:
            logger.notice("the write-ahead log is empty again")
        }
    }
}
