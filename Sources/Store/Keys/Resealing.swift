package import Installations
import Marketplace
import Sealing

extension Store {
    package func reseal(in range: NumberRange, at: Timestamp) async throws(StoreError) -> ResealBatch? {
        // By the writer, which knows exactly which events there are: what would be missed could never be opened again.
        let found = try await write { writes in try writes.outgoingKey(in: range, limit: ResealPlan.limit + 1) }
        guard let found else { return nil }
        let plan = try await engine.readQuietly { [tools] reads, _ in
            let ids = Array(found.events.prefix(ResealPlan.limit))
            let (bodies, isAll) = try reads.bodies(of: ids, bytes: ResealPlan.byteLimit)
            let through = isAll ? ids.last : bodies.last?.event
            return try ResealPlan(
                of: found, bodies, through: isAll && found.events.count == ids.count ? nil : through, tools.vault)
        }
        return try await write { [tools] writes in
            try writes.apply(.damage(found: plan.damaged, at: at), by: tools)
            // Keys that do not open stay as they are, and the next installation's turn has come.
            guard let swap = plan.swap else { return plan.batch(resealed: 0, next: found.number) }
            // Whoever gave the installation another key meanwhile wins; its events come again.
            guard try writes.swapBodies(swap) else { return plan.batch(resealed: 0, next: found.number.previous) }
            return plan.batch(
                resealed: swap.bodies.count, next: swap.through == nil ? found.number : found.number.previous)
        }
    }
}

/// Some events of one installation that wait under the key which a re-encryption replaced, sealed anew and not written yet.
private struct ResealPlan: Sendable {
    /// Events in one batch.
    static let limit = 500
    /// Bytes of bodies in one batch, more or less: a body may have a megabyte.
    static let byteLimit = 4 << 20

    /// What is to be written; nil when the keys themselves do not open.
    private(set) var swap: BodySwap?
    private(set) var damaged: [DamagedValue] = []

    /// - Parameter through: The last event that is looked at; nil when the installation has no more than these.
    init(
        of outgoing: OutgoingKey, _ stored: [StoredBody], through: EventID?, _ vault: InstallationVault
    ) throws(StoreError) {
        let id = outgoing.id
        func damage(_ item: StoredItem) -> DamagedValue {
            DamagedValue(item, installation: id, reason: .corrupt)
        }
        let keys: InstallationKeys
        do {
            keys = try outgoing.keys.open(of: id, number: outgoing.number, vault)
        } catch .corruptRow {
            damaged = [damage(.installation(outgoing.number))]
            return
        } catch {
            throw error
        }
        var bodies: [(event: EventID, sealed: SealedValue)] = []
        for body in stored {
            let item = StoredItem.event(body.event)
            do {
                let sealed = try SealedValue(stored: body.sealed ?? [], in: item)
                // What came in since the fresh key is under it already.
                guard let old = keys.outgoing, sealed.keyIDBitPattern != keys.current.id.bitPattern else { continue }
                let new = try vault.reseal(
                    sealed, from: old, to: keys.current, of: id, at: .event(body.event, type: body.type),
                    in: item)
                bodies.append((body.event, new))
            } catch {
                damaged.append(damage(item))
            }
        }
        swap = BodySwap(
            number: outgoing.number, current: outgoing.keys.current, bodies: bodies, through: through)
    }

    func batch(resealed: Int, next: InstallationNumber) -> ResealBatch {
        var batch = ResealBatch(next: next)
        batch.resealed = resealed
        batch.damaged = damaged
        return batch
    }
}
