package import Installations
package import Store
import Webhooks

/// Streams that are pushed from one process.
enum StreamClaims {
    /// Whether another process that is heard of has taken a stream.
    static func isElsewhere(_ stream: String, than epoch: String) -> String {
        """
        EXISTS (SELECT FROM innkeeper.stream_claim JOIN innkeeper.instance ON instance.epoch = stream_claim.epoch
            WHERE stream_claim.installation = \(stream) AND stream_claim.epoch <> \(epoch) AND \(InstanceRows.hasClaims))
        """
    }

    /// Takes these streams as far as they have something to deliver, nothing holds them back, and nobody else has taken them who is
    /// heard of. Never waits for another who takes one, or lets it go, at the same moment: that one has it.
    static func take(_ streams: [InstallationNumber], as epoch: Epoch) -> [Query] {
        let asked = Column(streams.map(\.value))
        return [
            Query(
                """
                UPDATE innkeeper.stream_claim SET epoch = $2 WHERE installation IN (
                    SELECT installation FROM innkeeper.stream_claim AS claim
                    WHERE installation = ANY($1::int8[]) AND epoch <> $2 AND NOT EXISTS (SELECT FROM innkeeper.instance
                        WHERE instance.epoch = claim.epoch AND \(InstanceRows.hasClaims))
                    FOR UPDATE SKIP LOCKED)
                """, asked, epoch.value),
            Query(
                """
                INSERT INTO innkeeper.stream_claim (installation, epoch)
                SELECT number, $2 FROM (
                    SELECT number FROM unnest($1::int8[]) AS asked (number)
                    WHERE NOT EXISTS (SELECT FROM innkeeper.stream_claim WHERE installation = number)
                        AND NOT EXISTS (SELECT FROM innkeeper.stream_hold WHERE installation = number)
                        AND EXISTS (SELECT FROM innkeeper.event
                            WHERE event.installation = number AND \(EventRows.isWaiting))
                    OFFSET 0) AS free
                WHERE pg_try_advisory_xact_lock(\(lock), (number & 2147483647)::int4)
                ON CONFLICT DO NOTHING
                """, asked, epoch.value),
        ]
    }

    /// The first number of the locks of those who take a stream that nobody has.
    private static let lock = 9

    /// Lets streams go.
    static func letGo(_ streams: [InstallationNumber], of epoch: Epoch) -> Query {
        Query(
            "DELETE FROM innkeeper.stream_claim WHERE installation = ANY($1::int8[]) AND epoch = $2",
            Column(streams.map(\.value)), epoch.value)
    }
}

extension PostgresStore {
    /// Taken and read in one round trip, in a transaction that has ended before anything is pushed.
    package func takeHeads(
        of streams: [InstallationNumber], bytes: Int
    ) async throws(StoreError) -> (heads: [StoredHead], steps: ClockSteps) {
        let epoch = epoch
        return try await transact(
            { writes in
                guard let transaction = writes as? PostgresTransaction else {
                    throw StoreError.conflict("no transaction")
                }
                return try transaction.takeHeads(of: streams, bytes: bytes, as: epoch)
            }, committed: { _ in })
    }
}

extension PostgresTransaction {
    fileprivate func takeHeads(
        of streams: [InstallationNumber], bytes: Int, as epoch: Epoch
    ) throws -> (heads: [StoredHead], steps: ClockSteps) {
        for query in StreamClaims.take(streams, as: epoch) { later(query) }
        let questions = [ClockRows.facts, ClockRows.steps, Self.heads(of: streams, bytes: bytes, for: epoch)]
        let answers = try commitRepeatable(with: questions)
        return (Self.heads(answers[2]), try ClockRows.facts(Array(answers[0...1])).steps)
    }
}
