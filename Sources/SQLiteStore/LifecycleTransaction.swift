import GRDB
import Installations
import Marketplace
import Sealing

/// One lifecycle call inside its one transaction: everything it changes is committed together or not at all.
struct LifecycleTransaction {
    let call: LifecycleCall
    let db: Database
    let vault: InstallationVault
    let chain: AuditChain
    let backlog: Backlog
    let ids: EventIDGenerator
    let quietCalls: QuietCalls
    /// Whether the call is one of too many that change nothing, to be counted after the commit.
    private(set) var isUnrecorded = false
    /// Whether tokens were removed, so that the log must be emptied after the commit.
    private(set) var hasErased = false
    /// Installations whose streams got an event.
    private(set) var toldStreams: [Int64] = []

    init(
        call: LifecycleCall, db: Database, vault: InstallationVault, chain: AuditChain, backlog: Backlog,
        ids: EventIDGenerator, quietCalls: QuietCalls
    ) {
        self.call = call
        self.db = db
        self.vault = vault
        self.chain = chain
        self.backlog = backlog
        self.ids = ids
        self.quietCalls = quietCalls
    }

    private var at: Int64 { call.receivedAt.milliseconds }

    mutating func perform() throws -> LifecycleDecision {
        let standing = try InstallationRows.standing(call.id, db)
        if standing != nil, try cameWithStoredToken() { return .refuseStoredToken }
        let decision = Lifecycle.decide(call.change.signal, at: standing?.status)
        switch (decision, standing) {
        case (.create, _): try create()
        case (.tombstone, _): try insertTombstone()
        case (.replaceTokens, let standing?): try replaceTokens(of: standing)
        case (.setStatus(let status), let standing?): try set(status, of: standing)
        case (.storeSettings, let standing?): try storeSettings(of: standing)
        case (.end, let standing?): try end(call.id, standing, as: .deleted, event: decision.eventType)
        case (.ignore, _), (.refuse, _), (.refuseStoredToken, _): break
        case (.replaceTokens, nil), (.setStatus, nil), (.storeSettings, nil), (.end, nil):
            preconditionFailure("Lifecycle.decide changes only an installation that exists")
        }
        // An operator's call is always recorded.
        isUnrecorded =
            decision.changesNothing && call.actor == .platform
            && !quietCalls.takesRecord(call.id, at: call.receivedAt)
        if !isUnrecorded { try audit(action, call.id, decision.outcome) }
        return decision
    }

    /// Whether the call came with a token that this installation was given. Asked where the change is made, so that none
    /// is given in between; returned and not thrown, because a throw undoes the other calls of the group.
    private func cameWithStoredToken() throws -> Bool {
        guard let token = call.token, let credentials = try InstallationRows.credentials(call.id, db) else {
            return false
        }
        return try token.isOne(of: credentials, of: call.id, vault)
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
        let primary = try StorageKeyRows.primary(db)
        let (key, wrapped) = try vault.makeKey(for: call.id, under: primary)
        // Version 2 as in older stores, which wrote the row and its first token set in two statements.
        try db.cachedStatement(
            sql: """
                INSERT INTO installation (addon_key, workspace_id, addon_id, status, api_url, addon_user_id, as_user,
                    installed_at, updated_at, token_set, version, installation_key, wrapped_key, storage_key)
                VALUES (?, ?, ?, 'ACTIVE', ?, ?, ?, ?, ?, 1, 2, ?, ?, ?)
                """
        ).execute(arguments: [
            call.id.addonKey.text, call.id.workspaceID.text, call.id.addonID.text, request.apiURL,
            request.addonUserID, request.asUser, at, at, key.id.bitPattern, wrapped.bytes.databaseBytes,
            primary.description,
        ])
        let number = db.lastInsertedRowID
        try putTokens(request, key, number)
        try tell(LifecycleDecision.create.eventType, number, key, call.id)
    }

    /// A replay or a repair of the same installation: what it lists now is all there is, paths no longer listed are gone.
    private mutating func replaceTokens(of standing: InstallationRows.Standing) throws {
        guard case .installed(let request) = call.change else { return }
        let key = try openKey(standing, call.id)
        try eraseSecrets(standing.number, keepingSettings: true)
        try db.cachedStatement(
            sql: """
                UPDATE installation SET api_url = ?, addon_user_id = ?, as_user = ?, updated_at = ?,
                    token_set = token_set + 1, version = version + 1
                WHERE number = ?
                """
        ).execute(arguments: [request.apiURL, request.addonUserID, request.asUser, at, standing.number])
        try putTokens(request, key, standing.number)
        try tell(LifecycleDecision.replaceTokens.eventType, standing.number, key, call.id)
    }

    private func putTokens(_ request: InstallRequest, _ key: InstallationKey, _ number: Int64) throws {
        try put("installation-token", key.seal(request.token, in: call.id.context(.installationToken)), number)
        let insertion = try DirectStatement(
            "INSERT INTO webhook_token (installation, path, ordinal, wire_path, sealed) VALUES (?, ?, ?, ?, ?)", db)
        for (ordinal, grant) in request.webhooks.enumerated() {
            let sealed = key.seal(grant.token, in: call.id.context(.webhookToken(grant.path)))
            try insertion.run { values in
                try values.bind(number, at: 1)
                try values.bind(grant.path.text, at: 2)
                try values.bind(Int64(ordinal), at: 3)
                try values.bind(grant.wirePath, at: 4)
                try values.bind(sealed.bytes, at: 5)
            }
        }
    }

    private mutating func set(_ status: InstallationStatus, of standing: InstallationRows.Standing) throws {
        try db.cachedStatement(
            sql: "UPDATE installation SET status = ?, updated_at = ?, version = version + 1 WHERE number = ?"
        ).execute(arguments: [status.rawValue, at, standing.number])
        try tell(
            LifecycleDecision.setStatus(status).eventType, standing.number, openKey(standing, call.id), call.id)
    }

    private mutating func storeSettings(of standing: InstallationRows.Standing) throws {
        guard case .settingsUpdated(let settings) = call.change else { return }
        let key = try openKey(standing, call.id)
        try put("settings", key.seal(settings, in: call.id.context(.settings)), standing.number)
        try db.cachedStatement(
            sql: "UPDATE installation SET updated_at = ?, version = version + 1 WHERE number = ?"
        ).execute(arguments: [at, standing.number])
        try tell(LifecycleDecision.storeSettings.eventType, standing.number, key, call.id)
    }

    /// DELETED for an old installation may have been lost (protocol.md section 3.3), so a new one ends all others.
    private mutating func supersedeOthers() throws {
        for (id, standing) in try InstallationRows.live(call.id.addonKey, in: call.id.workspaceID, db) {
            try end(id, standing, as: .superseded, event: LifecycleDecision.supersededEventType)
            try audit(.supersede, id, "superseded by a new installation")
        }
    }

    private func insertTombstone() throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO installation (addon_key, workspace_id, addon_id, status, updated_at, ended_at)
                VALUES (?, ?, ?, 'DELETED', ?, ?)
                """
        ).execute(arguments: [
            call.id.addonKey.text, call.id.workspaceID.text, call.id.addonID.text, at, at,
        ])
    }

    /// Ends an installation. Its tokens and settings go now; its key stays until its last event is settled.
    private mutating func end(
        _ id: InstallationID, _ standing: InstallationRows.Standing, as status: InstallationStatus, event: String?
    ) throws {
        try tell(event, standing.number, openOrReplaceKey(standing, id), id)
        try eraseSecrets(standing.number, keepingSettings: false)
        try db.cachedStatement(
            sql: """
                UPDATE installation SET status = ?, updated_at = ?, ended_at = ?, version = version + 1
                WHERE number = ?
                """
        ).execute(arguments: [status.rawValue, at, at, standing.number])
    }

    // MARK: Rows

    private mutating func eraseSecrets(_ number: Int64, keepingSettings: Bool) throws {
        hasErased = true
        try db.cachedStatement(sql: "DELETE FROM webhook_token WHERE installation = ?").execute(arguments: [number])
        try db.cachedStatement(
            sql: "DELETE FROM installation_secret WHERE installation = ? AND (name <> 'settings' OR NOT ?)"
        ).execute(arguments: [number, keepingSettings])
    }

    private func put(_ name: String, _ sealed: SealedValue, _ number: Int64) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO installation_secret (installation, name, sealed) VALUES (?, ?, ?)
                ON CONFLICT (installation, name) DO UPDATE SET sealed = excluded.sealed
                """
        ).execute(arguments: [number, name, sealed.bytes.databaseBytes])
    }

    /// Puts the call into the inbox of the add-on's own code, in the stream of the installation it is about.
    private mutating func tell(_ type: String?, _ number: Int64, _ key: InstallationKey, _ id: InstallationID) throws {
        guard let type else { return }
        toldStreams.append(number)
        let event = ids.next(at: call.receivedAt)
        let payload = id == call.id ? call.payload : Self.supersededPayload(id)
        try EventAppending(backlog, db).append(
            event, installation: number, type: type, receivedAt: call.receivedAt,
            body: key.seal(payload, in: id.context(.event(event))))
    }

    private static func supersededPayload(_ id: InstallationID) -> [UInt8] {
        Array(#"{"addonId":"\#(id.addonID.text)","workspaceId":"\#(id.workspaceID.text)"}"#.utf8)
    }

    private func openKey(_ standing: InstallationRows.Standing, _ id: InstallationID) throws -> InstallationKey {
        guard let wrapped = standing.wrappedKey else {
            throw StoreError.corruptRow(table: "installation", number: standing.number)
        }
        return try vault.openKey(wrapped: wrapped, of: id, number: standing.number)
    }

    /// The installation's key, or a fresh one when its own is damaged: the secrets under it are lost, but that must keep
    /// neither an operator from ending the installation nor a new one from taking its place. The platform's own calls
    /// fail: no token can be told from those that do not open.
    private mutating func openOrReplaceKey(
        _ standing: InstallationRows.Standing, _ id: InstallationID
    ) throws -> InstallationKey {
        do {
            return try openKey(standing, id)
        } catch StoreError.corruptRow {
            let primary = try StorageKeyRows.primary(db)
            let (key, wrapped) = try vault.makeKey(for: id, under: primary)
            try db.cachedStatement(
                sql: """
                    UPDATE installation SET installation_key = ?, wrapped_key = ?, storage_key = ?, version = version + 1
                    WHERE number = ?
                    """
            ).execute(arguments: [
                key.id.bitPattern, wrapped.bytes.databaseBytes, primary.description, standing.number,
            ])
            try eraseSecrets(standing.number, keepingSettings: false)
            try audit(.replaceInstallationKey, id, "its key did not open")
            return key
        }
    }

    private func audit(_ action: AuditAction, _ id: InstallationID, _ outcome: String) throws {
        let entry = AuditEntry(
            at: call.receivedAt, actor: call.actor.text, action: action.rawValue, installation: id, outcome: outcome,
            detail: call.reason)
        try AuditRows.append(entry, db, chain)
    }
}
