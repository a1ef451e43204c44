package import Installations
import Marketplace
import Sealing

/// Decides what a lifecycle call changes: calls and facts in, what is to be written out, sealed. It reads nothing and writes
/// nothing, so every rule about installations is here and in no engine.
package struct LifecyclePlanner: Sendable {
    let tools: StoreTools
    let ids: EventIDGenerator
    let quietCalls: QuietCalls

    /// With what seals and judges, and what counts in this process.
    package init(tools: StoreTools, ids: EventIDGenerator, quietCalls: QuietCalls) {
        self.tools = tools
        self.ids = ids
        self.quietCalls = quietCalls
    }

    /// What a call changes, or why it cannot be decided.
    func result(
        _ call: LifecycleCall, _ facts: Result<LifecycleFacts, StoreError>
    ) -> Result<LifecyclePlan, StoreError> {
        Result { () throws(StoreError) in try plan(call, facts.get()) }
    }

    /// What a call changes, by what stands in the transaction that will write it.
    package func plan(_ call: LifecycleCall, _ facts: LifecycleFacts) throws(StoreError) -> LifecyclePlan {
        if let own = facts.own, let token = call.token, try own.remembers(token.digest, by: tools.authority.seal) {
            return LifecyclePlan(.refuseStoredToken)
        }
        // What could not be read of an older installation may be the very token that the call came with.
        if let problem = facts.own?.unreadable, !call.isOperatorsEnd { throw problem }
        let decision = try decide(call, facts.own)
        if decision == .refuseStaleToken { return LifecyclePlan(decision) }
        var drafting = LifecycleDrafting(call: call, facts: facts, planner: self, plan: LifecyclePlan(decision))
        try drafting.draft()
        return drafting.plan
    }

    private func decide(_ call: LifecycleCall, _ own: KnownInstallation?) throws(StoreError) -> LifecycleDecision {
        guard let own else { return Lifecycle.decide(call.change.signal, at: nil) }
        do {
            try own.standing.check(tools.authority, latest: own.latest)
        } catch .forgedRow where call.isOperatorsEnd {
            // Whatever the row says: an end takes authority away and gives none.
            return .end
        }
        let decision = Lifecycle.decide(call.change.signal, at: own.standing.status)
        if decision == .replaceTokens, Lifecycle.isStale(call.token?.issuedAt, newest: own.standing.issuedAt) {
            return .refuseStaleToken
        }
        return decision
    }
}

extension LifecycleCall {
    /// Whether an operator ends the installation.
    var isOperatorsEnd: Bool {
        guard case .deleted = change else { return false }
        return actor != .platform
    }

    /// What the audit log calls it.
    var action: AuditAction {
        switch change {
        case .installed: return .install
        case .statusChanged: return .changeStatus
        case .settingsUpdated: return .updateSettings
        case .deleted: return actor == .platform ? .delete : .forget
        }
    }

    /// What it leaves in the audit log.
    func entry(
        _ action: AuditAction, _ id: InstallationID, _ outcome: String, decides: AuthoritySubject? = nil
    ) -> AuditEntry {
        AuditEntry(
            at: receivedAt, actor: actor.text, action: action.rawValue, installation: id, outcome: outcome,
            detail: reason, decides: decides)
    }

    /// The `iat` that later calls are measured by. Never ahead of our own clock by more than what tokens are allowed: one from
    /// a clock that is wrong by a year would refuse every INSTALLED of that year.
    func newestIssue(_ known: Int64?) -> Int64? {
        guard let issuedAt = token?.issuedAt else { return known }
        return max(known ?? .min, min(issuedAt, receivedAt.seconds + TokenReader.clockSkew))
    }
}
