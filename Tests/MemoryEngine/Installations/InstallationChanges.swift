import Installations
import Sealing
import Store

/// What is written of the rows of installations.
extension MemoryRows {
    mutating func write(
        _ change: RowChange, of standing: Standing, _ proof: AuthorityProof, at: Timestamp
    ) throws(StoreError) {
        switch change {
        case .insert(let profile, let key):
            guard live(besides: standing.id).isEmpty else { throw .refused("one live installation") }
            var row = InstallationRow(standing, proof, at: at)
            // 2 as in older stores, which wrote the row and its first token set in two statements.
            (row.installedAt, row.version, row.key) = (at, 2, InstallationKeyRow(key))
            row.set(profile)
            try insert(row)
        case .insertTombstone:
            var row = InstallationRow(standing, proof, at: at)
            row.endedAt = at
            try insert(row)
        case .replaceTokens(let profile):
            try update(standing.number) { row in
                (row.apiURL, row.tokenSet, row.issuedAt) = (standing.apiURL, standing.tokenSet, standing.issuedAt)
                (row.summary, row.proof, row.updatedAt) = (standing.handedOut, proof, at)
                row.set(profile)
            }
        case .setStatus:
            try update(standing.number) { row in
                (row.status, row.proof, row.updatedAt) = (standing.status, proof, at)
            }
        case .end:
            try update(standing.number) { row in
                (row.status, row.proof, row.updatedAt, row.endedAt) = (standing.status, proof, at, at)
            }
        }
    }

    mutating func touch(_ number: InstallationNumber, at: Timestamp) throws(StoreError) {
        try update(number) { $0.updatedAt = at }
    }

    mutating func endForged(_ number: InstallationNumber, at: Timestamp) throws(StoreError) {
        try update(number) { row in (row.status, row.updatedAt, row.endedAt) = (.superseded, at, at) }
    }

    mutating func replaceKey(of number: InstallationNumber, with key: WrappedInstallationKey) throws(StoreError) {
        try update(number) { $0.key = InstallationKeyRow(key) }
    }

    mutating func destroyKey(of number: InstallationNumber, at: Timestamp) throws(StoreError) {
        try update(number) { row in (row.key, row.updatedAt) = (nil, at) }
        outgoingKeys[number] = nil
    }

    private mutating func insert(_ row: InstallationRow) throws(StoreError) {
        guard installations[row.number] == nil else { throw .refused("installation.number") }
        guard installation(row.id) == nil else { throw .refused("one installation of a key") }
        try check(row)
        installations[row.number] = row
    }

    /// A row that is not there is not changed.
    mutating func update(
        _ number: InstallationNumber, _ change: (inout InstallationRow) -> Void
    ) throws(StoreError) {
        guard var row = installations[number] else { return }
        change(&row)
        // One that somebody wrote at the end of all numbers must not keep the row from ever being changed again.
        row.version = row.version & 0x3fff_ffff_ffff_ffff + 1
        try check(row)
        installations[number] = row
    }

    private func check(_ row: InstallationRow) throws(StoreError) {
        guard (row.endedAt == nil) == row.status.isLive else { throw .refused("installation.ended_at by its status") }
        guard row.endedAt != nil || row.key != nil else { throw .refused("a key of a live installation") }
        if let key = row.key, storageKeys[key.storageKey] == nil { throw .refused("installation.storage_key") }
    }
}

extension InstallationRow {
    fileprivate init(_ standing: Standing, _ proof: AuthorityProof, at: Timestamp) {
        self.init(
            id: standing.id, number: standing.number, status: standing.status, apiURL: standing.apiURL, updatedAt: at,
            tokenSet: standing.tokenSet, issuedAt: standing.issuedAt, summary: standing.handedOut, proof: proof)
    }

    fileprivate mutating func set(_ profile: InstallationProfile) {
        (addonUserID, asUser) = (profile.addonUserID, profile.asUser)
    }
}

extension InstallationKeyRow {
    fileprivate init(_ key: WrappedInstallationKey) {
        self.init(id: key.id, wrapped: key.wrapped.bytes, storageKey: key.under)
    }
}
