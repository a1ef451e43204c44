package import Installations
import Marketplace
package import Webhooks

/// Decides whether an event is delivered again. It reads nothing and writes nothing.
package enum ReplayPlanner {
    /// What becomes of an event that is asked for again.
    ///
    /// - Parameter isClosed: Whether its stream is; asked for dead letters only.
    package static func answer(
        for state: EventState, hasBody: Bool, isClosed: () throws -> Bool
    ) rethrows -> ReplayAnswer {
        switch state {
        case .delivered: return .delivered
        case .leased: return .leased
        case .dead where try isClosed(): return .closed
        case .dead, .pending: return hasBody ? .replayed : .erased
        }
    }

    /// Whether the add-on's own code has been told that the installation ended: then nothing of it may follow.
    ///
    /// - Parameter last: The type of the last event of its stream that is not delivered; nil when there is none. The event that
    ///   tells of the end is the last of its stream, or it is delivered itself.
    package static func isClosed(hasEnded: Bool, last: String?) -> Bool {
        hasEnded && ![LifecycleDecision.end.eventType, LifecycleDecision.supersededEventType].contains(last)
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
