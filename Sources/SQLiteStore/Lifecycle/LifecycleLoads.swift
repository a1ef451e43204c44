import GRDB
import Installations
import Sealing
import Store

/// Reads what decides about lifecycle calls, in the transaction that will write.
extension SQLiteRows: InstallationLoads {
    /// There is one writer: nothing has to be locked.
    func expect(_ questions: [LifecycleQuestion]) {}

    func lifecycleFacts(for questions: [LifecycleQuestion]) throws -> [Result<LifecycleFacts, StoreError>] {
        let primary = questions.contains(where: \.mayMakeKey) ? try primaryKey() : nil
        var next: InstallationNumber?
        return try questions.map { question in
            do {
                let own = try standing(of: question.id).map { standing in
                    try known(broughtUpToDate: standing, withTokens: question.needsHandedOut)
                }
                guard own == nil, question.mayCreate else {
                    return .success(LifecycleFacts(own: own, others: [], primary: primary, nextNumber: 0))
                }
                let others =
                    question.endsOthers
                    ? try InstallationRows.live(question.id.addonKey, in: question.id.workspaceID, db).map {
                        try known(broughtUpToDate: $0, withTokens: false)
                    } : []
                let number = try next ?? InstallationRows.nextNumber(db)
                next = number.next
                return .success(LifecycleFacts(own: nil, others: others, primary: primary, nextNumber: number))
            } catch let error as StoreError {
                return .failure(error)
            }
        }
    }

    /// An installation of an older store is brought up to date before anything of it changes, if it is authentic. What does not
    /// open is for the decision to weigh.
    private func known(broughtUpToDate standing: Standing, withTokens: Bool) throws -> KnownInstallation {
        let latest = try AuditRows.latest(about: standing.subject, db)
        var (standing, unreadable) = (standing, StoreError?.none)
        if standing.proof == nil, store.authority.isGenuine(standing.claim, nil, latest: latest) {
            do {
                standing = try OlderInstallation(standing, store.tools, db).bringUpToDate()
            } catch StoreError.corruptRow(let item) {
                unreadable = .corruptRow(item)
            }
        }
        return KnownInstallation(
            standing: standing, latest: latest,
            handedOut: withTokens ? try HandedOutRows(db).set(of: standing.number) : HandedOutSet(),
            unreadable: unreadable)
    }
}
