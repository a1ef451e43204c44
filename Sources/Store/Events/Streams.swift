package import Installations
import Sealing
package import Webhooks

extension Store: DeliveryStore {
    package func ready(_ installations: [InstallationNumber]) async throws(StoreError) -> [EventStream] {
        try await read { reads in try reads.ready(installations) }
    }

    package func readyStreams(
        after: Int64, limit: Int
    ) async throws(StoreError) -> (streams: [EventStream], last: Int64?) {
        try await read { reads in try reads.readyStreams(after: after, limit: limit) }
    }

    package func takeHeads(
        of installations: [InstallationNumber], bytes: Int
    ) async throws(StoreError) -> [StreamHead] {
        guard membership.mayTake else { throw .unavailable(.unreachable, code: "silent") }
        let (heads, steps) = try await engine.takeHeads(of: installations, bytes: bytes)
        // Whoever has them may not know of what came: an event that arrived here, or a hold that ended.
        call(zip(installations, heads).filter { if case .elsewhere = $0.1 { true } else { false } }.map(\.0))
        return try heads.map { head throws(StoreError) in try head.opened(by: tools, steps) }
    }

    package func heads(of installations: [InstallationNumber], bytes: Int) async throws(StoreError) -> [StreamHead] {
        guard membership.mayTake else { throw .unavailable(.unreachable, code: "silent") }
        return try await read { [tools] reads in
            let heads = try reads.heads(of: installations, bytes: bytes)
            let steps = try reads.clock().steps
            return try heads.map { try $0.opened(by: tools, steps) }
        }
    }
}

extension StoredHead {
    /// The head as a delivery needs it.
    fileprivate func opened(by tools: StoreTools, _ steps: ClockSteps) throws(StoreError) -> StreamHead {
        switch self {
        case .empty: return .empty
        case .held: return .held
        case .postponed: return .postponed
        case .elsewhere: return .held
        case .event(let head): return try head.opened(by: tools, steps)
        }
    }
}

extension StoredHeadEvent {
    fileprivate func opened(by tools: StoreTools, _ steps: ClockSteps) throws(StoreError) -> StreamHead {
        do throws(StoreError) {
            let opened = try body.open(by: tools.vault)
            // The add-on's own code is told where the installation stands, and believes it.
            let known = try known.get()
            guard tools.authority.isGenuine(known.standing.claim, known.standing.proof, latest: known.latest) else {
                return .locked(body.event)
            }
            return .event(
                WaitingEvent(
                    id: body.event, installation: body.number, owner: known.standing.id,
                    status: known.standing.status, type: body.type, receivedAt: dates.receivedAt,
                    waitsSince: steps.waitsSince(dates), attempts: attempts,
                    body: opened.expose("the event is on its way to the add-on's own code") { bytes in [UInt8](bytes) })
            )
        } catch .corruptRow {
            return .damaged(body.event)
        } catch .unknownStorageKey {
            return .locked(body.event)
        } catch .storageKeyNotInForce {
            return .locked(body.event)
        } catch {
            throw error
        }
    }
}
