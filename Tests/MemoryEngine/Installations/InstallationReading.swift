import Installations
import Marketplace
import Sealing
import Store

extension MemorySnapshot: InstallationReads {
    func known(_ ids: [InstallationID], with parts: InstallationParts) -> [KnownInstallation?] {
        count()
        return ids.map { id in rows.installation(id).map { rows.known($0, with: parts) } }
    }

    func installations(matching filter: InstallationFilter, page: PageRequest) -> Page<StoredInstallation> {
        count()
        let found = rows.installations.values
            .filter {
                filter.takes($0) && page.cursor.map { [number = $0.number] in number.value < $0.position } ?? true
            }
            .sorted { $0.number > $1.number }
            .prefix(page.limit + 1)
        return Page(surplus: found.map(rows.stored), limit: page.limit, position: \.known.standing.number.value)
    }

    func installations(_ ids: [InstallationID]) -> [StoredInstallation] {
        count()
        return ids.compactMap(rows.installation).map(rows.stored)
    }

    func lastInstallationNumber() -> InstallationNumber {
        count()
        return rows.lastInstallationNumber
    }
}

extension MemoryRows {
    func known(_ row: InstallationRow, with parts: InstallationParts = []) -> KnownInstallation {
        let handedOut = row.handedOut.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        let standing = row.standing(hasSuccessor: live(besides: row.id).contains { $0.number > row.number })
        return KnownInstallation(
            standing: standing, latest: latest(about: standing.subject),
            handedOut: HandedOutSet(parts.contains(.handedOut) ? handedOut : []), secrets: secrets(of: row, parts))
    }

    /// What lies sealed beside a row, as far as it is asked for.
    func secrets(of row: InstallationRow, _ parts: InstallationParts) -> StoredSecrets {
        var secrets = StoredSecrets()
        if parts.contains(.named) { secrets.named = row.secrets }
        if parts.contains(.webhookTokens) { secrets.tokens = row.tokens.sorted(by: Self.precedes) }
        return secrets
    }

    fileprivate func stored(_ row: InstallationRow) -> StoredInstallation {
        var paths: [RoutePath] = []
        for token in row.tokens.sorted(by: Self.precedes) {
            if let path = RoutePath.normalise(token.path), paths.last != path { paths.append(path) }
        }
        return StoredInstallation(
            known: known(row), addonUserID: row.addonUserID, asUser: row.asUser, installedAt: row.installedAt,
            updatedAt: row.updatedAt, endedAt: row.endedAt, storageKey: row.key?.storageKey, webhookPaths: paths,
            refused: refusals[row.number].map { $0.tokenSet == row.tokenSet ? $0.count : 0 } ?? 0)
    }

    /// By the bytes of the path, as a database compares texts.
    private static func precedes(_ one: StoredToken, _ other: StoredToken) -> Bool {
        if one.path == other.path { return one.ordinal < other.ordinal }
        return one.path.precedes(other.path)
    }
}

extension InstallationFilter {
    fileprivate func takes(_ row: InstallationRow) -> Bool {
        let isInScope =
            switch scope {
            case .live: row.endedAt == nil
            case .only(let status): row.status == status
            case .all: true
            }
        return isInScope && row.id.isOf(addonKey, among: addons)
            && (workspaceID == nil || row.id.workspaceID == workspaceID)
    }
}

extension InstallationID {
    /// Whether it is of this add-on, and of one of those, where there are such.
    func isOf(_ addon: AddonKey?, among addons: Set<AddonKey>?) -> Bool {
        (addon == nil || addonKey == addon) && addons?.contains(addonKey) ?? true
    }
}
