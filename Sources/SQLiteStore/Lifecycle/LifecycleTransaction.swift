import GRDB
import Installations
import Marketplace
import Sealing

/// One lifecycle call inside its one transaction: everything it changes is committed together or not at all.
///
/// What is changed of a row of authority is decided by an audit record, which the row names: so the record comes first.
struct LifecycleTransaction {
    let call: LifecycleCall
    let db: Database
    let tools: StoreTools
    let waitingIndex: WaitingIndex
    let ids: EventIDGenerator
    let quietCalls: QuietCalls
    /// Whether the call is one of too many that change nothing, to be counted after the commit.
    private(set) var isUnrecorded = false
    /// Whether tokens were removed, so that the log must be emptied after the commit.
    private(set) var hasErased = false
    /// Installations whose streams got an event.
    private(set) var toldStreams: [Int64] = []

    init(
        call: LifecycleCall, db: Database, tools: StoreTools, waitingIndex: WaitingIndex, ids: EventIDGenerator,
        quietCalls: QuietCalls
    ) {
        self.call = call
        self.db = db
        self.tools = tools
        self.waitingIndex = waitingIndex
        self.ids = ids
        self.quietCalls = quietCalls
    }

    private var records: LifecycleRecords { LifecycleRecords(call: call, db: db, tools: tools) }
    private var handedOutRows: HandedOutRows { HandedOutRows(tools, db) }
    private var secrets: InstallationSecrets { InstallationSecrets(tools: tools, db: db) }
    private var rows: InstallationRowWrites { InstallationRowWrites(db: db, at: call.receivedAt) }

    mutating func perform() throws -> LifecycleDecision {
        let standing = try InstallationRows.standing(call.id, db)
        if let standing, let token = call.token, try handedOutRows.contains(token.digest, of: standing) {
            // Returned and not thrown, because a throw undoes the other calls of the group.
            return .refuseStoredToken
        }
        let decision = try decide(standing)
        if decision == .refuseStaleToken { return decision }
        switch (decision, try standing.map(broughtUpToDate)) {
        case (.create, _): try create()
        case (.tombstone, _): try insertTombstone()
        case (.replaceTokens, let standing?): try replaceTokens(of: standing)
        case (.setStatus(let status), let standing?): try set(status, of: standing)
        case (.storeSettings, let standing?): try storeSettings(of: standing)
        case (.end, let standing?):
            try end(standing, as: .deleted, action, decision.outcome, event: decision.eventType)
        case (.ignore, _), (.refuse, _):
            // An operator's call is always recorded.
            isUnrecorded = call.actor == .platform && !quietCalls.admitsRecord(call.id, at: call.receivedAt)
            if !isUnrecorded { try records.audit(action, call.id, decision.outcome) }
        case (.refuseStoredToken, _), (.refuseStaleToken, _): break
        case (.replaceTokens, nil), (.setStatus, nil), (.storeSettings, nil), (.end, nil):
            preconditionFailure("Lifecycle.decide changes only an installation that exists")
        }
        return decision
    }

    private func decide(_ standing: InstallationRows.Standing?) throws -> LifecycleDecision {
        guard let standing else { return Lifecycle.decide(call.change.signal, at: nil) }
        do {
            try standing.check(tools.authority, db)
        } catch StoreError.forgedRow where isOperatorsEnd {
            // Whatever the row says: an end takes authority away and gives none.
            return .end
        }
        let decision = Lifecycle.decide(call.change.signal, at: standing.status)
        if decision == .replaceTokens, Lifecycle.isStale(call.token?.issuedAt, newest: standing.issuedAt) {
            return .refuseStaleToken
        }
        return decision
    }

    private var isOperatorsEnd: Bool {
        guard case .deleted = call.change else { return false }
        return call.actor != .platform
    }

    private var action: AuditAction {
        switch call.change {
        case .installed: return .install
        case .statusChanged: return .changeStatus
        case .settingsUpdated: return .updateSettings
        case .deleted: return call.actor == .platform ? .delete : .forget
        }
    }

    // MARK: Changes

    private mutating func create() throws {
        guard case .installed(let request) = call.change else { return }
        try supersedeOthers()
        let primary = try StorageKeyRows.primary(tools.authority, db)
        let (key, wrapped) = try tools.vault.makeKey(for: call.id, under: primary)
        // Known before the row is written, because the audit record and the MAC name it. There is one writer.
        let number = try InstallationRows.nextNumber(db)
        let handedOut = try handedOutRows.adding(request.tokens, to: number)
        let standing = InstallationRows.Standing(
            id: call.id, number: number, status: .active, apiURL: request.apiURL, tokenSet: 1,
            issuedAt: newestIssue(nil), handedOut: handedOut.summary, wrappedKey: nil, proof: nil)
        let proof = try records.decided(action, standing.claim, call.id, LifecycleDecision.create.outcome)
        try rows.insert(
            standing, request, handedOut: handedOut.summary, proof,
            key: InstallationRowWrites.Key(id: key.id, wrapped: wrapped, under: primary))
        try secrets.put(request, of: standing, under: key)
        try handedOutRows.write(handedOut, of: number)
        try tell(LifecycleDecision.create.eventType, standing, key)
    }

    /// A replay or a repair of the same installation: what it lists now is all there is, paths no longer listed are gone.
    private mutating func replaceTokens(of old: InstallationRows.Standing) throws {
        guard case .installed(let request) = call.change else { return }
        let key = try tools.vault.openKey(of: old)
        try erase(old.number, keepingSettings: true)
        var standing = old
        standing.apiURL = request.apiURL
        standing.tokenSet += 1
        standing.issuedAt = newestIssue(old.issuedAt)
        let handedOut = try handedOutRows.adding(request.tokens, to: old.number)
        standing.handedOut = handedOut.summary
        let proof = try records.decided(action, standing.claim, call.id, LifecycleDecision.replaceTokens.outcome)
        try rows.replaceTokens(standing, request, handedOut: handedOut.summary, proof)
        try secrets.put(request, of: standing, under: key)
        try handedOutRows.write(handedOut, of: standing.number)
        try tell(LifecycleDecision.replaceTokens.eventType, standing, key)
    }

    /// The `iat` that later calls are measured by. Never ahead of our own clock by more than what tokens are allowed: one
    /// from a clock that is wrong by a year would refuse every INSTALLED of that year.
    private func newestIssue(_ known: Int64?) -> Int64? {
        guard let issuedAt = call.token?.issuedAt else { return known }
        return max(known ?? .min, min(issuedAt, call.receivedAt.seconds + TokenReader.clockSkew))
    }

    private mutating func set(_ status: InstallationStatus, of old: InstallationRows.Standing) throws {
        var standing = old
        standing.status = status
        let decision = LifecycleDecision.setStatus(status)
        let proof = try records.decided(action, standing.claim, call.id, decision.outcome)
        try rows.setStatus(standing, proof)
        try tell(decision.eventType, standing, tools.vault.openKey(of: standing))
    }

    private mutating func storeSettings(of standing: InstallationRows.Standing) throws {
        guard case .settingsUpdated(let settings) = call.change else { return }
        let key = try tools.vault.openKey(of: standing)
        try secrets.put("settings", key.seal(settings, in: call.id.context(.settings)), of: standing.number)
        try rows.touch(standing.number)
        try tell(LifecycleDecision.storeSettings.eventType, standing, key)
        try records.audit(action, call.id, LifecycleDecision.storeSettings.outcome)
    }

    /// DELETED for an old installation may have been lost (protocol.md section 3.3), so a new one ends all others.
    private mutating func supersedeOthers() throws {
        for standing in try InstallationRows.live(call.id.addonKey, in: call.id.workspaceID, db) {
            try end(
                broughtUpToDate(standing), as: .superseded, .supersede, "superseded by a new installation",
                event: LifecycleDecision.supersededEventType)
        }
    }

    private func insertTombstone() throws {
        let number = try InstallationRows.nextNumber(db)
        let handedOut = try handedOutRows.adding([], to: number)
        let standing = InstallationRows.Standing(
            id: call.id, number: number, status: .deleted, apiURL: "", tokenSet: 0, issuedAt: nil,
            handedOut: handedOut.summary, wrappedKey: nil, proof: nil)
        let proof = try records.decided(action, standing.claim, call.id, LifecycleDecision.tombstone.outcome)
        try rows.insertTombstone(standing, handedOut: handedOut.summary, proof)
    }

    /// Ends an installation. Its tokens and settings go now, those in its events some days later; its key stays until its
    /// last event is settled.
    private mutating func end(
        _ old: InstallationRows.Standing, as status: InstallationStatus, _ action: AuditAction, _ outcome: String,
        event: String?
    ) throws {
        try tell(event, old, openOrReplaceKey(old))
        try erase(old.number, keepingSettings: false)
        var standing = old
        standing.status = status
        let proof = try records.decided(action, standing.claim, old.id, outcome)
        try rows.end(standing, proof)
        try SettingsToErase.note(standing.number, endedAt: call.receivedAt.milliseconds, db)
    }

    /// Brings an installation of an older store up to date before anything of it changes. What does not open keeps nobody
    /// from ending it.
    private func broughtUpToDate(_ standing: InstallationRows.Standing) throws -> InstallationRows.Standing {
        guard standing.proof == nil, tools.authority.gate.takesOlder else { return standing }
        do {
            return try OlderInstallation(standing, tools, db).bringUpToDate()
        } catch StoreError.corruptRow where isOperatorsEnd || standing.id != call.id {
            return standing
        }
    }

    // MARK: What belongs to it

    private mutating func erase(_ number: Int64, keepingSettings: Bool) throws {
        hasErased = true
        try secrets.erase(number, keepingSettings: keepingSettings)
    }

    /// Puts the call into the inbox of the add-on's own code, in the stream of the installation it is about.
    private mutating func tell(
        _ type: String?, _ standing: InstallationRows.Standing, _ key: InstallationKey
    ) throws {
        guard let type else { return }
        let id = standing.id
        toldStreams.append(standing.number)
        let event = ids.next(at: call.receivedAt)
        let payload = id == call.id ? call.payload : Self.supersededPayload(id)
        try EventAppending(waitingIndex, db).append(
            event, installation: standing.number, type: type, receivedAt: call.receivedAt,
            body: key.seal(payload, in: id.context(.event(event, type: type))))
    }

    private static func supersededPayload(_ id: InstallationID) -> [UInt8] {
        Array(#"{"addonId":"\#(id.addonID.text)","workspaceId":"\#(id.workspaceID.text)"}"#.utf8)
    }

    /// The installation's key, or a fresh one when its own is damaged: the secrets under it are lost, but that must keep
    /// neither an operator from ending the installation nor a new one from taking its place.
    private mutating func openOrReplaceKey(_ standing: InstallationRows.Standing) throws -> InstallationKey {
        do {
            return try tools.vault.openKey(of: standing)
        } catch StoreError.corruptRow {
            return try replaceKey(standing)
        } catch StoreError.storageKeyNotInForce {
            return try replaceKey(standing)
        }
    }

    private mutating func replaceKey(_ standing: InstallationRows.Standing) throws -> InstallationKey {
        let primary = try StorageKeyRows.primary(tools.authority, db)
        let (key, wrapped) = try tools.vault.makeKey(for: standing.id, under: primary)
        try rows.replaceKey(
            of: standing.number, with: InstallationRowWrites.Key(id: key.id, wrapped: wrapped, under: primary))
        try erase(standing.number, keepingSettings: false)
        try records.audit(.replaceInstallationKey, standing.id, "its key did not open")
        return key
    }
}
