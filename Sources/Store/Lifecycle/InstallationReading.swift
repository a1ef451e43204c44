package import Installations
import Marketplace
package import Sealing

extension Store: InstallationStore {
    package func installation(_ id: InstallationID) async throws(StoreError) -> Installation? {
        try await read { [tools] reads in
            try reads.installations([id]).first.map { $0.judged(by: tools.authority) }
        }
    }

    package func installations(
        matching filter: InstallationFilter, page: PageRequest
    ) async throws(StoreError) -> Page<Installation> {
        try await read { [tools] reads in
            try reads.installations(matching: filter, page: page).map { $0.judged(by: tools.authority) }
        }
    }

    package func credentials(of id: InstallationID) async throws(StoreError) -> SealedCredentials? {
        try await read { [tools] reads in
            guard let known = try reads.known([id], with: .webhookTokens).first ?? nil else { return nil }
            // What memory learns here, webhooks are accepted by.
            try known.standing.check(tools.authority, latest: known.latest)
            return try known.credentials()
        }
    }

    package func wasHandedOut(_ token: Digest, for id: InstallationID) async throws(StoreError) -> Bool {
        try await read { [tools] reads in
            guard let known = try reads.known([id], with: [.handedOut, .named, .webhookTokens]).first ?? nil else {
                return false
            }
            try known.standing.check(tools.authority, latest: known.latest)
            return try known.wasGiven(token, by: tools)
        }
    }

    package func token(of id: InstallationID, reading: TokenReading) async throws(StoreError) -> TokenAnswer {
        try await write { [tools] writes in
            let known = try writes.known([id], with: .named).first ?? nil
            let (answer, entry) = try TokenReadingPlanner.plan(reading, of: id, known, tools)
            try writes.apply([.record(entry)], by: tools)
            return answer
        }
    }

    package func condition() async -> StoreCondition? { await engine.condition() }
}

extension KnownInstallation {
    /// The sealed token set of a live installation; nil when it has ended.
    fileprivate func credentials() throws(StoreError) -> SealedCredentials? {
        guard standing.status.isLive else { return nil }
        guard let wrappedKey = standing.wrappedKey else {
            throw .corruptRow(.installation(standing.number))
        }
        var tokens: [(path: RoutePath, token: SealedValue)] = []
        for token in secrets.tokens {
            guard let path = RoutePath.normalise(token.path) else { continue }
            tokens.append(
                (path, try SealedValue(stored: token.sealed, in: .webhookToken(standing.number))))
        }
        return SealedCredentials(
            number: standing.number, status: standing.status, tokenSet: standing.tokenSet,
            wrappedKey: try SealedValue(stored: wrappedKey, in: .installation(standing.number)),
            webhookTokens: tokens)
    }

    /// Whether a token was ever handed out for it, in an installation of an older store too.
    fileprivate func wasGiven(_ token: Digest, by tools: StoreTools) throws(StoreError) -> Bool {
        if try remembers(token, by: tools.authority.seal) { return true }
        // Of one that is not brought up to date yet those in force are opened and compared. One that does not open may be this
        // very token: then it throws, and the call must change nothing.
        guard standing.proof == nil, standing.status.isLive else { return false }
        return token.matchesAny(try openTokens(by: tools.vault).map(tools.handedOut.digest))
    }

    /// The tokens in force, opened. All must open.
    package func openTokens(by vault: InstallationVault) throws(StoreError) -> [SecretBytes] {
        guard let token = secrets.named[.installationToken] else {
            throw .corruptRow(.installationSecret(standing.number))
        }
        let key = try vault.openKey(of: standing)
        func open(_ bytes: [UInt8], _ place: SealedPlace, _ item: StoredItem) throws(StoreError) -> SecretBytes {
            try vault.open(
                SealedValue(stored: bytes, in: item), under: key, of: standing.id,
                at: place, in: item)
        }
        let set = standing.tokenSet
        var tokens = [try open(token, .installationToken(set: set), .installationSecret(standing.number))]
        for token in secrets.tokens {
            guard let path = RoutePath.normalise(token.path) else {
                throw .corruptRow(.webhookToken(standing.number))
            }
            tokens.append(try open(token.sealed, .webhookToken(path, set: set), .webhookToken(standing.number)))
        }
        return tokens
    }
}
