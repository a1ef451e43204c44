package import Installations
import Marketplace
package import Sealing

extension Store {
    package func reencrypt(
        from old: StorageKeyID, in range: NumberRange, limit: Int, at: Timestamp
    ) async throws(StoreError) -> RewrapBatch {
        try await engine.takingTurns { () async throws(StoreError) in
            try await commit(planReencryption(from: old, in: range, limit: limit), at)
        }
    }

    /// Events that are sealed anew together with the rest of an installation; more of them are `reseal`'s to do.
    private static let eventsAtOnce = 16
    /// Bytes of their bodies, more or less.
    private static let eventBytesAtOnce = 64 << 10

    /// Seals a batch anew outside any write.
    func planReencryption(
        from old: StorageKeyID, in range: NumberRange, limit: Int
    ) async throws(StoreError) -> SwapPlan {
        let plan = try await engine.readQuietly { [tools] reads, giveWay in
            let found = try reads.wrappedKeys(under: old, in: range, limit: limit)
            let primary = try reads.primary(by: tools)
            var plan = SwapPlan(of: found, to: primary)
            let values = try reads.sealedValues(
                of: found.keys.map(\.number), events: Self.eventsAtOnce, bytes: Self.eventBytesAtOnce)
            for (index, (row, values)) in zip(found.keys, values).enumerated() {
                giveWay(index)
                try plan.add(row) { () throws(StoreError) in
                    let outgoing = try row.sealedKey()
                    let key = try tools.vault.openKey(outgoing, of: row.id, number: row.number)
                    let (fresh, wrapped) = try tools.vault.makeKey(for: row.id, under: primary)
                    let renewal = Renewal(
                        fresh: fresh.id, outgoingID: key.id, outgoing: outgoing,
                        values: try values.resealed(
                            of: row.id, number: row.number, tokenSet: row.tokenSet, from: key, to: fresh, tools.vault))
                    return KeySwap(row: row, primary: primary, wrapped: wrapped, renewal: renewal)
                }
            }
            return plan
        }
        probe(.batchRead)
        return plan
    }
}

extension SealedValues {
    /// The same values under another key. A secret that does not open leaves the whole installation as it is; an event that
    /// does not is left out: it stays under the old key, where `reseal` finds and names it.
    package func resealed(
        of id: InstallationID, number: InstallationNumber, tokenSet: TokenSet, from old: InstallationKey,
        to new: InstallationKey,
        _ vault: InstallationVault
    ) throws(StoreError) -> SealedValues {
        func reseal(_ bytes: [UInt8], _ place: SealedPlace, _ item: StoredItem) throws(StoreError) -> [UInt8] {
            let value = try SealedValue(stored: bytes, in: item)
            return try vault.reseal(value, from: old, to: new, of: id, at: place, in: item).bytes
        }
        var copy = self
        for (name, sealed) in secrets.named {
            copy.secrets.named[name] = try reseal(sealed, name.place(tokenSet), .installationSecret(number))
        }
        for (index, token) in secrets.tokens.enumerated() {
            guard let path = RoutePath.normalise(token.path) else {
                throw .corruptRow(.webhookToken(number))
            }
            copy.secrets.tokens[index].sealed = try reseal(
                token.sealed, .webhookToken(path, set: tokenSet), .webhookToken(number))
        }
        copy.events = []
        for event in events {
            do {
                let sealed = try reseal(event.sealed, .event(event.id, type: event.type), .event(event.id))
                copy.events.append(SealedEvent(id: event.id, type: event.type, sealed: sealed))
            } catch .corruptRow {
                continue
            } catch {
                throw error
            }
        }
        return copy
    }
}

extension SecretName {
    /// Where a value of this name is sealed.
    func place(_ tokenSet: TokenSet) -> SealedPlace {
        switch self {
        case .installationToken: return .installationToken(set: tokenSet)
        case .settings: return .settings
        }
    }
}
