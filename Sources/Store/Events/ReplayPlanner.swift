package import Installations
import Marketplace
package import Webhooks

/// Decides whether an event is delivered again. It reads nothing and writes nothing.
package enum ReplayPlanner {
    /// What becomes of an event that is asked for again.
    package static func answer(for event: ReplayFacts) -> ReplayAnswer {
        switch event.state {
        case .delivered: return .delivered
        case .leased: return .leased
        case .dead where event.isClosed: return .closed
        case .dead, .pending: return event.bytes == nil ? .erased : .replayed
        }
    }

    /// What is written of that.
    package static func changes(of event: ReplayFacts, _ answer: ReplayAnswer, at: Timestamp) -> [Change] {
        guard answer == .replayed, let bytes = event.bytes else { return [] }
        return [
            .event(.replay(event.id, of: event.stream, bytes: bytes, wasDead: event.state == .dead, at: at)),
            // An operator does not want to wait for a retry that was planned while the target was down.
            .event(.endRetry(event.stream)),
        ]
    }

    /// What the audit log says of one.
    package static func entry(
        _ answer: ReplayAnswer, of event: EventID, _ owner: InstallationID?, actor: Actor, at: Timestamp
    ) -> AuditEntry {
        AuditEntry(
            at: at, actor: actor.text, action: AuditAction.replayEvent.rawValue, installation: owner,
            subject: event.text,
            outcome: answer.outcome)
    }

    /// What it says of many.
    package static func entry(_ batch: ReplayBatch, _ filter: DeadFilter, actor: Actor, at: Timestamp) -> AuditEntry {
        AuditEntry(
            at: at, actor: actor.text, action: AuditAction.replayEvent.rawValue, subject: filter.addonKey?.text ?? "",
            outcome: "\(batch.replayed) dead events replayed, \(batch.closed) left")
    }
}

/// What decides about a replay, as it stands in the transaction that will write.
package struct ReplayFacts: Sendable {
    /// Which event.
    package let id: EventID
    /// The stream it is in.
    package let stream: InstallationNumber
    /// Where it stands.
    package let state: EventState
    /// The length of its sealed body; nil when that is gone.
    package let bytes: Int?
    /// Whose it is; nil where somebody changed the names.
    package let owner: InstallationID?
    /// Whether the installation has ended. Read for dead letters only, as is the next.
    package let hasEnded: Bool
    /// The type of the last event of the stream that is not delivered; nil when there is none.
    package let last: String?

    /// What was read.
    package init(
        id: EventID, stream: InstallationNumber, state: EventState, bytes: Int?, owner: InstallationID?, hasEnded: Bool,
        last: String?
    ) {
        self.id = id
        self.stream = stream
        self.state = state
        self.bytes = bytes
        self.owner = owner
        self.hasEnded = hasEnded
        self.last = last
    }

    /// Whether the add-on's own code has been told that the installation ended: then nothing of it may follow. The event that
    /// tells of the end is the last of its stream, or it is delivered itself.
    package var isClosed: Bool {
        hasEnded && ![LifecycleDecision.end.eventType, LifecycleDecision.supersededEventType].contains(last)
    }
}

extension ReplayAnswer {
    fileprivate var outcome: String {
        switch self {
        case .replayed: "replayed"
        case .unknown: "refused: unknown"
        case .delivered: "refused: delivered"
        case .leased: "refused: leased"
        case .closed: "refused: the stream is closed"
        case .erased: "refused: its settings were erased"
        }
    }
}
