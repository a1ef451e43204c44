import Installations
import Marketplace
import Sealing
import Store

/// Reads what decides about lifecycle calls, behind the locks of their add-ons and workspaces.
extension PostgresTransaction: InstallationLoads {
    func expect(_ questions: [LifecycleQuestion]) {
        let ids = questions.map(\.id)
        lock(Locks.places(ids))
        if questions.contains(where: \.mayMakeKey) { lock(Locks.wrapping) }
        lock(Locks.installations(in: ids))
    }

    func lifecycleFacts(for questions: [LifecycleQuestion]) throws -> [Result<LifecycleFacts, StoreError>] {
        let ids = questions.map(\.id)
        let answers = try ask(
            Self.own(questions), Self.others(ids), Self.handedOut(ids), StorageKeyRows.primary)
        let own = Dictionary(uniqueKeysWithValues: answers[0].map { (Int($0.int(0)), $0) })
        let others = Dictionary(grouping: answers[1].map { $0 }, by: { Int($0.int(0)) })
        let digests = SecretRows.handedOut(answers[2])
        let primary = StorageKeyRows.primary(answers[3])
        return questions.enumerated().map { index, question in
            Result { () throws(StoreError) in
                guard let row = own[index + 1] else { throw .corruptRow(.installation(0)) }
                let nextNumber = InstallationNumber(row.int(1))
                guard row.isNull(2) else {
                    let number = row.installation(2)
                    var known = try InstallationRows.known(
                        row, from: 2,
                        handedOut: question.needsHandedOut
                            ? try Self.set(digests[number] ?? [], of: number) : HandedOutSet())
                    known.newestEvent = row.eventIfAny(2 + InstallationRows.width)
                    return LifecycleFacts(own: known, others: [], primary: primary, nextNumber: 0)
                }
                guard question.mayCreate else {
                    return LifecycleFacts(own: nil, others: [], primary: primary, nextNumber: 0)
                }
                var live: [KnownInstallation] = []
                if question.endsOthers {
                    // Without those whose names no installation can have.
                    for other in others[index + 1] ?? [] where InstallationRows.id(other, from: 2) != nil {
                        var known = try InstallationRows.known(other, from: 1)
                        known.newestEvent = other.eventIfAny(1 + InstallationRows.width)
                        live.append(known)
                    }
                }
                return LifecycleFacts(own: nil, others: live, primary: primary, nextNumber: nextNumber)
            }
        }
    }

    /// All digests of an installation.
    static func set(
        _ digests: [Digest?], of number: InstallationNumber
    ) throws(StoreError) -> HandedOutSet {
        let all = digests.compactMap { $0 }
        guard all.count == digests.count else { throw .forgedRow(.handedOutTokens(number)) }
        return HandedOutSet(all)
    }

    private static let asked =
        "unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked (addon, workspace, addon_id, place)"

    /// Each installation that is named, or the number that it would get.
    private static func own(_ questions: [LifecycleQuestion]) -> Query {
        Query(
            """
            SELECT place,
                CASE WHEN may_create AND number IS NULL THEN nextval('innkeeper.installation_number') ELSE 0 END,
                \(InstallationRows.columns), \(EventRows.newest(of: "number"))
            FROM unnest($1::text[], $2::text[], $3::text[], $4::bool[]) WITH ORDINALITY
                AS asked (addon, workspace, addon_id, may_create, place)
            LEFT JOIN innkeeper.installation ON addon_key = addon AND workspace_id = workspace
                AND installation.addon_id = asked.addon_id
            ORDER BY place
            """, Column(questions.map(\.id.addonKey.text)), Column(questions.map(\.id.workspaceID.text)),
            Column(questions.map(\.id.addonID.text)), Column(questions.map(\.mayCreate)))
    }

    /// The other live installations of their add-ons in their workspaces.
    private static func others(_ ids: [InstallationID]) -> Query {
        Query(
            """
            SELECT place, \(InstallationRows.columns), \(EventRows.newest(of: "number")) FROM \(asked)
            JOIN innkeeper.installation ON addon_key = addon AND workspace_id = workspace
                AND installation.addon_id <> asked.addon_id
                AND (ended_at IS NULL OR status IN ('ACTIVE', 'INACTIVE'))
            """, Column(ids.map(\.addonKey.text)), Column(ids.map(\.workspaceID.text)), Column(ids.map(\.addonID.text)))
    }

    private static func handedOut(_ ids: [InstallationID]) -> Query {
        Query(
            """
            SELECT installation, digest FROM \(asked)
            JOIN innkeeper.installation ON addon_key = addon AND workspace_id = workspace
                AND installation.addon_id = asked.addon_id
            JOIN innkeeper.handed_out_token ON installation = number ORDER BY installation, digest
            """, Column(ids.map(\.addonKey.text)), Column(ids.map(\.workspaceID.text)), Column(ids.map(\.addonID.text)))
    }
}
