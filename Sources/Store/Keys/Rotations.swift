package import Installations

extension Store {
    package func latestRotation() async throws(StoreError) -> RotationRecord? {
        try await read { [tools] reads in try reads.latestRotation()?.ifGenuine(by: tools.authority) }
    }

    package func beginRotation(
        _ plan: RotationPlan, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> RotationRecord {
        try await write { [tools] writes in
            let latest = try writes.latestRotation()
            let rotation = RotationPlanner.begin(
                plan, latest: latest?.ifGenuine(by: tools.authority), lastNumber: latest?.number, at: at)
            let entry = RotationPlanner.entry(rotation, actor: actor, at: at)
            try writes.apply([.decide(.rotation(rotation), by: entry)], by: tools)
            return rotation
        }
    }

    package func finishRotation(_ rotation: RotationRecord, actor: Actor, at: Timestamp) async throws(StoreError) {
        try await write { [tools] writes in
            let latest = try writes.latestRotation()?.ifGenuine(by: tools.authority)
            let finished = try RotationPlanner.finish(rotation, latest: latest, at: at)
            let entry = RotationPlanner.entry(finished, actor: actor, at: at)
            try writes.apply([.decide(.rotation(finished), by: entry)], by: tools)
        }
    }
}
