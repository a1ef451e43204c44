import Marketplace

/// How an operator's `forget` ends.
package enum ForgetAnswer: Hashable, Sendable {
    /// The installation has ended.
    case ended
    /// There is none with this full key.
    case unknown
    /// It had ended before, in this way.
    case endedBefore(InstallationStatus)
    /// A call of the platform ended it while it was looked at.
    case endedMeanwhile
}

/// What whoever asks for an installation's token gets.
package enum TokenReadingAnswer: Sendable {
    /// The store's answer, which is on record.
    case answered(TokenAnswer)
    /// They have asked too often of late; seconds until they may again.
    case tooMany(retryAfter: Int)
}

extension InstallationManager {
    /// Ends an installation on an operator's word: the same effect as DELETED. What cannot be ended is on record as well.
    package func forget(
        _ id: InstallationID, actor: Actor, reason: StatedReason = .none
    ) async throws(StoreError) -> ForgetAnswer {
        // The store would make a tombstone of an unknown one, and a slip of the hand would refuse the INSTALLED that is to come.
        guard let installation = try await store.installation(id) else {
            try await noteRefusal("unknown", of: id, actor, reason)
            return .unknown
        }
        // Of a row that somebody changed nothing is believed, but it can be ended.
        guard installation.status.isLive || !installation.isGenuine else {
            try await noteRefusal(installation.status.rawValue, of: id, actor, reason)
            return .endedBefore(installation.status)
        }
        let payload = #"{"addonId":"\#(id.addonID.text)","workspaceId":"\#(id.workspaceID.text)"}"#
        let decision = try await perform(
            LifecycleCall(
                id: id, change: .deleted, payload: Array(payload.utf8), receivedAt: now(), actor: actor,
                reason: reason.text, token: nil))
        return decision == .end ? .ended : .endedMeanwhile
    }

    /// Gives out an installation's token. A reading past the rate is not asked of the store: it writes no audit record, and so
    /// cannot fill the log.
    package func token(
        of id: InstallationID, actor: Actor, reason: StatedReason
    ) async throws(StoreError) -> TokenReadingAnswer {
        let now = now()
        if let seconds = readings.spend(actor.text, at: now) { return .tooMany(retryAfter: seconds) }
        // Over all processes as well.
        let wait = try await store.spendReading(by: actor, interval: readings.interval, burst: readings.atOnce)
        if let wait { return .tooMany(retryAfter: Int((wait + 999) / 1000)) }
        let answer = try await store.token(of: id, reading: TokenReading(actor: actor, reason: reason, at: now))
        // The token goes where the URL says, and what was allowed when it was stored need not be today.
        guard case .token(let token, let apiURL) = answer else { return .answered(answer) }
        return .answered(.token(token, apiURL: APIURL(apiURL, allowed: hosts)?.text ?? ""))
    }

    private func noteRefusal(
        _ why: String, of id: InstallationID, _ actor: Actor, _ reason: StatedReason
    ) async throws(StoreError) {
        try await audit.append(
            AuditEntry(
                at: now(), actor: actor.text, action: AuditAction.forget.rawValue, installation: id,
                outcome: "refused: \(why)", detail: reason.text))
    }
}
