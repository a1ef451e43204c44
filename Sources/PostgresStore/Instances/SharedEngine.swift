import Dispatch
package import Installations
package import Store

extension PostgresStore: SharedEngine {
    package func beat(_ profile: InstanceProfile, isElected: Bool) async throws(StoreError) -> Beat {
        try await onWatch { [self] () throws(LinkFailure) in
            var instances: [Instance] = []
            try clock.measure { () throws(LinkFailure) in
                let answers = try presence.exchange([
                    InstanceRows.beat(epoch, profile, clockAhead: clock.ownLead), InstanceRows.all, KeptRows.total,
                    KeptRows.shares, Query("SELECT \(ServerClock.shown)"),
                ])
                instances = answers[1].map(InstanceRows.instance)
                counts.adopt(KeptRows.counted(answers[2], answers[3]), isAlone: instances.count < 2)
                return answers[4].first?.time(0)
            }
            if isElected { _ = try presence.exchange(InstanceRows.clearing) }
            return Beat(instances: instances)
        }
    }

    package func leave() async {
        do throws(StoreError) {
            try await onWatch { [self] () throws(LinkFailure) in _ = try presence.exchange(InstanceRows.leave(epoch)) }
        } catch {
            // Then its claims end by themselves.
            return
        }
    }

    package func call(_ streams: [InstallationNumber]) async throws(StoreError) {
        let names = streams.count > 10_000 ? [] : streams
        try await onWatch { [self] () throws(LinkFailure) in
            _ = try presence.exchange([
                Query(
                    "INSERT INTO innkeeper.stream_call (epoch, at, streams) VALUES ($1, \(ServerClock.shown), $2)",
                    epoch.value, Column(names.map(\.value)))
            ])
        }
    }

    /// Numbers are given out before they are committed: so the last ones are read again, and whoever is called twice looks twice.
    package func calls(after number: Int64?) async throws(StoreError) -> (calls: [StreamCall], last: Int64) {
        try await onWatch { [self] () throws(LinkFailure) in
            guard let number else {
                let newest = try presence.exchange([Query("SELECT max(number) FROM innkeeper.stream_call")])
                return ([], newest[0].first?.int(0) ?? 0)
            }
            let rows = try presence.exchange([
                Query(
                    """
                    SELECT number, epoch, streams FROM innkeeper.stream_call
                    WHERE number > $1 OR (number > $1 - 64 AND at > \(ServerClock.shown) - 1000)
                    ORDER BY number LIMIT 1000
                    """, number)
            ])[0]
            let calls = rows.map { StreamCall(epoch: Epoch($0.int(1)), streams: $0.installations(2)) }
            return (calls, max(number, rows.map { $0.int(0) }.last ?? number))
        }
    }

    package func spend(_ name: String, interval: Int64, burst: Int64) async throws(StoreError) -> Int64? {
        try await onWatch { [self] () throws(LinkFailure) in
            let answers = try presence.exchange([
                Query(
                    """
                    INSERT INTO innkeeper.token_rate AS rate (actor, free) VALUES ($1, \(ServerClock.shown) + $2)
                    ON CONFLICT (actor) DO UPDATE SET free = greatest(rate.free, \(ServerClock.shown)) + $2
                    WHERE rate.free - \(ServerClock.shown) <= $2 * ($3 - 1) RETURNING free
                    """, name, interval, burst),
                Query(
                    "SELECT free - \(ServerClock.shown) - $2 * ($3 - 1) FROM innkeeper.token_rate WHERE actor = $1",
                    name, interval, burst),
            ])
            return answers[0].count > 0 ? nil : max(1, answers[1].first?.int(0) ?? 1)
        }
    }

    /// Runs something on the thread of the connection that keeps this process present.
    func onWatch<T: Sendable>(
        _ work: @escaping @Sendable () throws(LinkFailure) -> T
    ) async throws(StoreError) -> T {
        let result: Result<T, LinkFailure> = await withCheckedContinuation { continuation in
            watch.async { continuation.resume(returning: Result { () throws(LinkFailure) in try work() }) }
        }
        do {
            return try result.get()
        } catch {
            throw translate(error, ofWrite: false)
        }
    }
}

extension PostgresTransaction: InstanceReads {
    func instances() throws -> [Instance] { try ask([InstanceRows.all])[0].map(InstanceRows.instance) }
}
