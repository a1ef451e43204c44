import Dispatch
package import Installations
import Sealing
package import Store
import Synchronization
package import Webhooks

extension PostgresStore: WatchedEngine {
    package var notices: AsyncStream<StoreNotice> { health.notices }

    package func lookAgain() async {
        let isHeld: Result<Bool, LinkFailure> = await withCheckedContinuation { continuation in
            watch.async { [presence] in
                continuation.resume(returning: Result { () throws(LinkFailure) in try presence.isHeld() })
            }
        }
        switch isHeld {
        case .success(true):
            if health.condition != nil { _ = await condition() }
            await clearMarks()
        case .success(false): health.failed(.gone, code: "taken", isLasting: true)
        case .failure: health.failed(.unreachable, code: "connection")
        }
    }
}

extension PostgresStore {
    /// Removes marks once a minute. What fails is tried again in another one.
    private func clearMarks() async {
        let isDue = clearedAt.withLock { last in
            guard last.map({ .now - $0 >= .seconds(60) }) ?? true else { return false }
            last = .now
            return true
        }
        guard isDue else { return }
        await withCheckedContinuation { continuation in
            do {
                try pool.take(for: .other) { connection in
                    // `try?`: what fails is done a minute later, and whoever writes next meets the cause and tells of it.
                    for _ in 0..<CommitMark.clearings {
                        guard let removed = try? connection.exchange([CommitMark.clearing]).first?.changes,
                            removed == CommitMark.clearingLimit
                        else { break }
                    }
                    continuation.resume()
                }
            } catch {
                continuation.resume()
            }
        }
    }
}

extension PostgresStore: StoreEngine {
    package var waitingEvents: Int { counts.waitingEvents }
    package var kept: KeptEvents { counts.kept }
    /// What is left of the disk, only the server knows; it refuses when there is none.
    package var hasSpace: Bool { health.condition != .full }

    package func kept(of installation: InstallationNumber) -> KeptEvents { counts.kept(of: installation) }

    package func condition() async -> StoreCondition? {
        guard !health.isJudged(within: .seconds(1)) else { return health.condition }
        // Whoever asks is told in time, also by a server that says nothing any more.
        let ticket = WriteTicket(times: WriteTicket.Times(patience: .seconds(5), outcome: .zero))
        do {
            try await WriteTicket.$current.withValue(ticket) {
                try await WriteTicket.inTime { [self] in
                    do throws(StoreError) {
                        return .success(try await writeNothing())
                    } catch {
                        return .failure(error)
                    }
                }
            }
            return health.condition
        } catch StoreError.withdrawn {
            return health.condition ?? .unreachable
        } catch {
            return health.condition ?? .failed
        }
    }

    package func expectWrite() {}
    package func endWrite() {}

    /// What is erased stays in the server's log and in its archives, until the storage key is destroyed.
    package func eraseTraces() {}
    package func eraseTracesNow() async {}

    package var finding: Finding { Finding("database", .ok, summary) }

    package func findings() async throws(StoreError) -> [Finding] {
        guard let weakness = address.weakness else { return [] }
        return [Finding("connection", .warn, weakness, fix: "leave sslmode out of the URL: verify-full is the default")]
    }

    package func spaceFinding() -> Finding { Finding("free space", .ok, "the server's; it refuses when there is none") }

    package func measure(_ sample: inout StoreSample) {}
}
