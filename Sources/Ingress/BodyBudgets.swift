import Installations
import Listening
import Webhooks

/// How `ingress.maxBodyBytesInFlight` is shared out.
///
/// An eighth, if that is enough for the longest of them, is for lifecycle calls, which come once and which webhooks cannot
/// push aside. Another eighth pays for bodies
/// so short that all connections there may be cannot fill it with them: these, nearly all there are, cost no accounting.
/// The rest is for webhooks; of it one installation gets a quarter of the whole at most.
struct BodyBudgets: Sendable {
    /// Up to this length nothing is charged.
    let freeBytes: Int
    let webhooks: BodyBudget<InstallationID>
    let lifecycle: BodyBudget<InstallationID>

    init(_ configuration: IngressConfiguration) {
        let total = configuration.maxBodyBytesInFlight
        let eighth = total / 8
        freeBytes = eighth / max(configuration.maxConnections, 1)
        let calls = max(eighth, min(configuration.maxBodyBytes, total / 4))
        webhooks = BodyBudget(total: total - eighth - calls, share: total / 4)
        // One installation has one call at a time; a few of the longest must not keep all others out.
        lifecycle = BodyBudget(total: calls, share: max(calls / 4, min(configuration.maxBodyBytes, calls)))
    }

    /// What is taken now.
    var taken: Int { webhooks.taken + lifecycle.taken }

    /// The most that was taken since the last call.
    func resetHighest() -> Int { webhooks.resetHighest() + lifecycle.resetHighest() }

    /// Takes the memory for a body of `bytes`; nil for one that is free.
    func charge(_ bytes: Int, _ admission: RequestAdmission) throws(BodyRefusal) -> BodyCharge<InstallationID>? {
        guard bytes > freeBytes else { return nil }
        switch admission {
        case .answered, .readiness: return nil
        case .webhook(let admission):
            return try admission.installation.map { id throws(BodyRefusal) in
                try webhooks.charge(bytes, to: id)
            }
        case .lifecycle(_, let caller): return try lifecycle.charge(bytes, to: caller.id)
        }
    }
}

extension BodyRefusal {
    /// The closed word for the log and the metric.
    var label: String {
        switch self {
        case .full: return "body_memory"
        case .shareTaken: return "body_memory_share"
        }
    }
}
