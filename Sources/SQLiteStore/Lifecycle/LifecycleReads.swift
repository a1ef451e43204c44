import GRDB
import Installations
import Sealing
import Store

/// Reads what decides about a lifecycle call, in the transaction that will write it.
struct LifecycleReads {
    let tools: StoreTools
    let db: Database

    func facts(for call: LifecycleCall) throws -> LifecycleFacts {
        let isInstalled = if case .installed = call.change { true } else { false }
        let isDeleted = if case .deleted = call.change { true } else { false }
        let own = try InstallationRows.standing(call.id, db).map { standing in
            // An operator, who ends it, has no token: a damaged set keeps nobody from that.
            try known(standing, withTokens: call.token != nil || isInstalled)
        }
        let isNew = own == nil
        return LifecycleFacts(
            own: own,
            others: isNew && isInstalled
                ? try InstallationRows.live(call.id.addonKey, in: call.id.workspaceID, db).map {
                    try known($0, withTokens: false)
                } : [],
            primary: isInstalled && isNew || isDeleted && !isNew ? try StorageKeyRows.primaryIfAny(db) : nil,
            nextNumber: isNew && (isInstalled || isDeleted) ? try InstallationRows.nextNumber(db) : 0)
    }

    /// An installation of an older store is brought up to date before anything of it changes, if it is authentic. What does not
    /// open is for the decision to weigh.
    private func known(_ standing: Standing, withTokens: Bool) throws -> KnownInstallation {
        let latest = try AuditRows.latest(about: standing.subject, db)
        var (standing, unreadable) = (standing, StoreError?.none)
        if standing.proof == nil, tools.authority.isGenuine(standing.claim, nil, latest: latest) {
            do {
                standing = try OlderInstallation(standing, tools, db).bringUpToDate()
            } catch StoreError.corruptRow(let table, let number) {
                unreadable = .corruptRow(table: table, number: number)
            }
        }
        return KnownInstallation(
            standing: standing, latest: latest,
            handedOut: withTokens ? try HandedOutRows(tools, db).set(of: standing.number) : HandedOutSet(),
            unreadable: unreadable)
    }
}
