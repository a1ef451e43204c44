package import Installations
import Sealing

extension Store {
    /// Rows of one step of the walk.
    private static let step = 1000

    package func forgedRows() async throws(StoreError) -> ForgedRows {
        var found = try await engine.readQuietly { [tools] reads, _ in try Self.fewRows(reads, tools) }
        try await judgeAPIKeys(&found)
        // A log that was cut off has less than what the rows remember of it.
        if found.count == 0 {
            found.isLogCutOff = try await engine.readQuietly { reads, _ in try !reads.areDecisionsThere() }
        }
        try await judgeInstallations(&found)
        try await noteRemovedRows(&found)
        return found
    }

    /// The rows of which there are few: storage keys, the last rotation, which alone decides anything, and the deployment's own.
    private static func fewRows(_ reads: any StoreReads, _ tools: StoreTools) throws -> ForgedRows {
        var found = ForgedRows()
        for key in try reads.storageKeys(nil)
        where !tools.authority.isGenuine(.storageKey(key.id, state: key.state), key.vouched) {
            found.note(.storageKey, place: key.id.description, nil)
        }
        do {
            _ = try reads.latestRotation()?.judged(by: tools.authority)
        } catch StoreError.forgedRow(let item) {
            found.note(item, place: "", nil)
        } catch StoreError.corruptRow(let item) {
            // It does not even read as a rotation.
            found.note(item, place: "", nil)
        }
        do {
            let deployment = try reads.deployment()
            _ = try deployment.judged(by: tools.authority.seal, least: tools.keys.form)
            _ = try DeploymentKeys(deployment.sealedKey(), tools.keyring)
        } catch StoreError.forgedRow(let item) {
            found.note(item, place: "", nil)
        } catch StoreError.corruptRow(let item) {
            found.note(item, place: "wrapped_key", nil)
        }
        return found
    }

    private func judgeAPIKeys(_ found: inout ForgedRows) async throws(StoreError) {
        var after: String? = ""
        while let last = after {
            let (forged, end) = try await engine.readQuietly { [tools] reads, _ in
                let keys = try reads.apiKeys(after: last, limit: Self.step)
                let forged = keys.filter { key in
                    !tools.authority.isGenuine(key.claim(isRevoked: key.revokedAt != nil), key.vouched)
                }
                return (forged.map(\.id), keys.count == Self.step ? keys.last?.id : nil)
            }
            for id in forged { found.note(.apiKey, place: id, nil) }
            after = end
        }
    }

    private func judgeInstallations(_ found: inout ForgedRows) async throws(StoreError) {
        // None is given out below 1, so a row that is there was put there.
        var after: InstallationNumber? = InstallationNumber(.min)
        while let last = after {
            let page = try await engine.readQuietly { [tools] reads, giveWay in
                var (page, count) = (JudgedPage(), 0)
                try reads.claims(after: last, limit: Self.step) { claim in
                    giveWay(count)
                    count += 1
                    page.judge(claim, tools)
                }
                if count < Self.step { page.last = nil }
                return page
            }
            for row in page.forged { found.note(row.item, place: "", row.id) }
            if page.isLogCutOff { found.isLogCutOff = true }
            after = page.last
        }
    }

    /// Notes the rows that are gone although audit records decide about them: nothing ever deletes such a row.
    private func noteRemovedRows(_ found: inout ForgedRows) async throws(StoreError) {
        var after: String? = ""
        while let last = after {
            let (removed, end) = try await engine.readQuietly { reads, giveWay in
                var (removed, count, end): ([AuthoritySubject], Int, String?) = ([], 0, nil)
                try reads.subjects(after: last, limit: Self.step) { text, isThere in
                    giveWay(count)
                    count += 1
                    end = text
                    if !isThere, let subject = AuthoritySubject(text: text) { removed.append(subject) }
                }
                return (removed, count == Self.step ? end : nil)
            }
            for subject in removed { found.note(removed: subject) }
            after = end
        }
    }
}

extension ForgedRows {
    fileprivate mutating func note(removed subject: AuthoritySubject) {
        switch subject {
        case .deployment: break  // Without its row no store opens.
        case .installation(let number): note(.installation(number), place: "", nil, .removed)
        case .rotation(let number): note(.rotation(number), place: "", nil, .removed)
        case .apiKey(let id): note(.apiKey, place: id, nil, .removed)
        case .storageKey(let id): note(.storageKey, place: id.description, nil, .removed)
        }
    }
}

/// Some installations, judged.
private struct JudgedPage: Sendable {
    private(set) var forged: [(item: StoredItem, id: InstallationID?)] = []
    /// Whether an authentic row names an audit record that is gone.
    private(set) var isLogCutOff = false
    /// After what the next page begins; nil at the end.
    var last: InstallationNumber?

    mutating func judge(_ claim: StoredClaim, _ tools: StoreTools) {
        last = claim.number
        guard let standing = claim.standing else { return forged.append((.installation(claim.number), nil)) }
        guard standing.isGenuine(by: tools.authority, latest: claim.vouched.latest) else {
            return forged.append((.installation(claim.number), standing.id))
        }
        if claim.vouched.proof != nil, !claim.isDecisionThere { isLogCutOff = true }
        if claim.handedOut?.isWhole(as: standing.handedOut, by: tools.authority.seal) != true {
            forged.append((.handedOutTokens(claim.number), standing.id))
        }
    }
}
