import Installations
import Sealing
import Store
import Webhooks

extension MemoryTransaction: SealedWrites {
    func swap(_ swaps: ArraySlice<KeySwap>, while goesOn: (Int) -> Bool) throws -> (tried: Int, swapped: Int) {
        count()
        var (tried, swapped) = (0, 0)
        for swap in swaps {
            guard goesOn(tried) else { break }
            tried += 1
            if try rows.swapKey(swap) { swapped += 1 }
        }
        return (tried, swapped)
    }

    func swapBodies(_ swap: BodySwap) -> Bool {
        count()
        guard rows.installations[swap.number]?.key?.wrapped == swap.current else { return false }
        for body in swap.bodies { rows.replaceBody(of: body.event, by: body.sealed.bytes) }
        if let through = swap.through {
            rows.outgoingKeys.update(swap.number) { $0.resealedThrough = through }
        } else {
            rows.outgoingKeys[swap.number] = nil
        }
        return true
    }
}

extension MemoryRows {
    /// Swaps the key of a row, if nobody changed that since it was read. Returns whether nobody had.
    fileprivate mutating func swapKey(_ swap: KeySwap) throws(StoreError) -> Bool {
        let number = swap.row.number
        guard let row = installations[number], let key = row.key, row.version == swap.row.version,
            key.storageKey == swap.row.old
        else { return false }
        try update(number) { row in
            row.key = InstallationKeyRow(
                id: swap.renewal?.fresh ?? key.id, wrapped: swap.wrapped.bytes, storageKey: swap.primary)
        }
        if let renewal = swap.renewal { try write(renewal, of: swap.row) }
        return true
    }

    /// All that is sealed, under a fresh key. While events still wait under the old one, it is kept for them.
    private mutating func write(_ renewal: Renewal, of old: StoredInstallationKey) throws(StoreError) {
        installations.update(old.number) { row in
            for (name, sealed) in renewal.values.secrets.named where row.secrets[name] != nil {
                row.secrets[name] = sealed
            }
            for token in renewal.values.secrets.tokens {
                for index in row.tokens.indices
                where row.tokens[index].path == token.path && row.tokens[index].ordinal == token.ordinal {
                    row.tokens[index].sealed = token.sealed
                }
            }
        }
        for event in renewal.values.events { replaceBody(of: event.id, by: event.sealed) }
        let isNeeded = events.values.contains { event in
            event.installation == old.number && event.state != .delivered
                && event.body?.dropFirst(2).prefix(8).elementsEqual(renewal.outgoingID.bytes) == true
        }
        guard isNeeded else { return }
        guard outgoingKeys[old.number] == nil else { throw .refused("one outgoing key") }
        outgoingKeys[old.number] = OutgoingKeyRow(
            key: InstallationKeyRow(id: renewal.outgoingID, wrapped: renewal.outgoing.bytes, storageKey: old.old),
            resealedThrough: EventID(number: 0))
    }

    /// A body that is gone was settled, and stays gone.
    fileprivate mutating func replaceBody(of event: EventID, by sealed: [UInt8]) {
        events.update(event) { event in if event.body != nil { event.body = sealed } }
    }
}
