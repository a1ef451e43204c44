import Installations
import Marketplace
import Sealing

/// Writes the plan of one call whose decision is made.
struct LifecycleDrafting {
    let call: LifecycleCall
    let facts: LifecycleFacts
    let planner: LifecyclePlanner
    private(set) var plan: LifecyclePlan

    init(call: LifecycleCall, facts: LifecycleFacts, planner: LifecyclePlanner, plan: LifecyclePlan) {
        self.call = call
        self.facts = facts
        self.planner = planner
        self.plan = plan
    }

    private var decision: LifecycleDecision { plan.decision }

    mutating func draft() throws(StoreError) {
        switch (decision, facts.own) {
        case (.create, _): try create()
        case (.tombstone, _): createTombstone()
        case (.replaceTokens, let own?): try replaceTokens(of: own)
        case (.setStatus(let status), let own?): try set(status, of: own.standing)
        case (.storeSettings, let own?): try storeSettings(of: own.standing)
        case (.end, let own?):
            try end(own.standing, as: .deleted, call.action, decision.outcome, event: decision.eventType)
        case (.ignore, _), (.refuse, _):
            // An operator's call is always recorded.
            if call.actor == .platform, !planner.quietCalls.admitsRecord(call.id, at: call.receivedAt) {
                plan.leaveUnrecorded()
            } else {
                plan.add(.record(call.entry(call.action, call.id, decision.outcome)))
            }
        case (.refuseStoredToken, _), (.refuseStaleToken, _): break
        case (.replaceTokens, nil), (.setStatus, nil), (.storeSettings, nil), (.end, nil):
            preconditionFailure("Lifecycle.decide changes only an installation that exists")
        }
    }

    // MARK: Decisions

    private mutating func create() throws(StoreError) {
        guard case .installed(let request) = call.change else { return }
        // DELETED for an old installation may have been lost (protocol.md section 3.3), so a new one ends all others.
        for other in facts.others {
            guard other.standing.isGenuine(by: planner.tools.authority, latest: other.latest) else {
                endForged(other.standing)
                continue
            }
            try end(
                other.standing, as: .superseded, .supersede, "superseded by a new installation",
                event: LifecycleDecision.supersededEventType)
        }
        let (key, wrapped) = try makeKey(of: call.id)
        var handedOut = HandedOutSet()
        let added = handedOut.add(request.tokens, by: planner.tools.handedOut)
        let standing = Standing(
            id: call.id, number: facts.nextNumber, status: .active, apiURL: request.apiURL, tokenSet: 1,
            issuedAt: call.newestIssue(nil), handedOut: handedOut.summary(by: planner.tools.authority.seal),
            wrappedKey: nil,
            proof: nil)
        put(.insert(InstallationProfile(request), wrapped), of: standing, call.action, decision.outcome)
        put(request, of: standing, under: key, added)
        tell(decision.eventType, standing, key)
    }

    private mutating func createTombstone() {
        let standing = Standing(
            id: call.id, number: facts.nextNumber, status: .deleted, apiURL: "", tokenSet: 0, issuedAt: nil,
            handedOut: HandedOutSet().summary(by: planner.tools.authority.seal), wrappedKey: nil, proof: nil)
        put(.insertTombstone, of: standing, call.action, decision.outcome)
    }

    /// A replay or a repair of the same installation: what it lists now is all there is, paths no longer listed are gone.
    private mutating func replaceTokens(of own: KnownInstallation) throws(StoreError) {
        guard case .installed(let request) = call.change else { return }
        let key: InstallationKey
        do {
            key = try planner.tools.vault.openKey(of: own.standing)
        } catch .corruptRow {
            // What it sealed is lost; what comes now comes only once.
            key = try replaceKey(of: own.standing)
        }
        plan.add(.eraseSecrets(own.standing.number, keepingSettings: true))
        var (standing, handedOut) = (own.standing, own.handedOut)
        let added = handedOut.add(request.tokens, by: planner.tools.handedOut)
        standing.apiURL = request.apiURL
        standing.tokenSet = standing.tokenSet.next
        standing.issuedAt = call.newestIssue(own.standing.issuedAt)
        standing.handedOut = handedOut.summary(by: planner.tools.authority.seal)
        put(.replaceTokens(InstallationProfile(request)), of: standing, call.action, decision.outcome)
        put(request, of: standing, under: key, added)
        tell(decision.eventType, standing, key)
    }

    private mutating func set(_ status: InstallationStatus, of old: Standing) throws(StoreError) {
        var standing = old
        standing.status = status
        put(.setStatus, of: standing, call.action, decision.outcome)
        tell(decision.eventType, standing, try planner.tools.vault.openKey(of: standing))
    }

    private mutating func storeSettings(of standing: Standing) throws(StoreError) {
        guard case .settingsUpdated(let settings) = call.change else { return }
        let key = try planner.tools.vault.openKey(of: standing)
        plan.add(.putSecret(standing.number, .settings, key.seal(settings, in: call.id.context(.settings))))
        plan.add(.touch(standing.number, at: call.receivedAt))
        tell(decision.eventType, standing, key)
        plan.add(.record(call.entry(call.action, call.id, decision.outcome)))
    }

    /// Ends an installation. Its tokens and settings go now, those in its events some days later; its key stays until its
    /// last event is settled.
    private mutating func end(
        _ old: Standing, as status: InstallationStatus, _ action: AuditAction, _ outcome: String, event: String?
    ) throws(StoreError) {
        tell(event, old, try openOrReplaceKey(of: old))
        plan.add(.eraseSecrets(old.number, keepingSettings: false))
        var standing = old
        standing.status = status
        put(.end, of: standing, action, outcome)
        plan.add(.noteEnd(standing.number, at: call.receivedAt))
    }

    /// Ends a row that counts for nothing, and vouches for nothing that it says: it may bear the name of another installation.
    private mutating func endForged(_ old: Standing) {
        plan.add(.eraseSecrets(old.number, keepingSettings: false))
        plan.add(.endForged(old.number, at: call.receivedAt))
        plan.add(.record(call.entry(.supersede, old.id, "superseded by a new installation; its row is not authentic")))
    }

    // MARK: What belongs to them

    private mutating func put(_ change: RowChange, of standing: Standing, _ action: AuditAction, _ outcome: String) {
        let entry = call.entry(action, standing.id, outcome, decides: standing.subject)
        plan.add(.decide(.installation(change, of: standing, at: call.receivedAt), by: entry))
    }

    /// The tokens of an INSTALLED, in the places of the token set that `standing` names.
    private mutating func put(
        _ request: InstallRequest, of standing: Standing, under key: InstallationKey, _ added: [Digest]
    ) {
        let (id, set) = (standing.id, standing.tokenSet)
        let token = key.seal(request.token, in: id.context(.installationToken(set: set)))
        plan.add(.putSecret(standing.number, .installationToken, token))
        let tokens = request.webhooks.map { grant in
            SealedWebhookToken(
                of: grant, sealed: key.seal(grant.token, in: id.context(.webhookToken(grant.path, set: set))))
        }
        plan.add(.putWebhookTokens(standing.number, tokens))
        plan.add(.keepHandedOut(standing.number, added))
    }

    /// Puts the call into the inbox of the add-on's own code, in the stream of the installation it is about.
    private mutating func tell(_ type: String?, _ standing: Standing, _ key: InstallationKey) {
        guard let type else { return }
        let id = standing.id
        // Behind everything that is there: installed first, deleted last, whoever gave out the ids before.
        if let newest = facts.newestEvent(of: standing.number) { planner.ids.pass(newest) }
        let event = planner.ids.next(at: call.receivedAt)
        let payload = id == call.id ? call.payload : Self.supersededPayload(id)
        let body = key.seal(payload, in: id.context(.event(event, type: type)))
        plan.add(
            .append(
                LifecycleEvent(
                    id: event, installation: standing.number, type: type, receivedAt: call.receivedAt, body: body)))
    }

    private static func supersededPayload(_ id: InstallationID) -> [UInt8] {
        Array(#"{"addonId":"\#(id.addonID.text)","workspaceId":"\#(id.workspaceID.text)"}"#.utf8)
    }

    // MARK: Keys

    private func makeKey(
        of id: InstallationID
    ) throws(StoreError) -> (key: InstallationKey, wrapped: WrappedInstallationKey) {
        guard let primary = facts.primary else { throw .noPrimaryKey }
        let under = try primary.id(by: planner.tools.authority)
        let (key, wrapped) = try planner.tools.vault.makeKey(for: id, under: under)
        return (key, WrappedInstallationKey(id: key.id, wrapped: wrapped, under: under))
    }

    /// The installation's key, or a fresh one when its own is damaged: the secrets under it are lost, but that must keep
    /// neither an operator from ending the installation nor a new one from taking its place.
    private mutating func openOrReplaceKey(of standing: Standing) throws(StoreError) -> InstallationKey {
        do {
            return try planner.tools.vault.openKey(of: standing)
        } catch .corruptRow {
            return try replaceKey(of: standing)
        } catch .storageKeyNotInForce {
            return try replaceKey(of: standing)
        }
    }

    private mutating func replaceKey(of standing: Standing) throws(StoreError) -> InstallationKey {
        let (key, wrapped) = try makeKey(of: standing.id)
        plan.add(.replaceKey(standing.number, wrapped))
        plan.add(.eraseSecrets(standing.number, keepingSettings: false))
        plan.add(.record(call.entry(.replaceInstallationKey, standing.id, "its key did not open")))
        return key
    }
}
