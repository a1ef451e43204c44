import Installations
import Sealing
import Store
import Webhooks

extension PostgresTransaction: EventWrites {
    func append(_ events: [InboxEvent]) throws -> [Appending] {
        lock(Locks.appends(to: events.map(\.installation)))
        let ids = Column(events.map(\.id.number))
        let answer = try commit(with: Self.append(events), orFind: Query(Self.appended, ids))
        let appended = Set(answer.map { $0.int(0) })
        for event in events where appended.contains(event.id.number) {
            counts.add(1, of: event.body.bytes.count, to: event.installation)
        }
        let newest = try newestOfStreams(of: events.filter { !appended.contains($0.id.number) })
        return events.map { event in
            if appended.contains(event.id.number) { return .appended }
            return newest[event.id.number].map { .overtaken(by: $0) } ?? .outdated
        }
    }

    /// The newest event in the stream of each of these whose token set and installation key are in force: why it was not appended,
    /// if that one is newer. Asked behind the end of the transaction, of few.
    private func newestOfStreams(of events: [InboxEvent]) throws -> [Int64: EventID] {
        guard !events.isEmpty else { return [:] }
        let rows = try after(
            Query(
                """
                SELECT new.id, \(EventRows.newest(of: "number"))
                FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[])
                    AS new (id, installation, token_set, installation_key)
                JOIN innkeeper.installation ON \(Self.isInForce)
                """, Column(events.map(\.id.number)), Column(events.map(\.installation.value)),
                Column(events.map(\.tokenSet.value)), Column(events.map(\.installationKey.bitPattern))))
        return rows.map { ($0.int(0), $0.event(1)) }.filter { $1.number > $0 }
            .reduce(into: [:]) { newest, row in newest[row.0] = row.1 }
    }

    /// Whether what accepted an event is in force: the same token set, the same installation key, not ended. Whatever the directory
    /// of this process or of another says, this transaction knows.
    private static let isInForce = """
        number = new.installation AND installation.token_set = new.token_set
        AND installation.installation_key = new.installation_key AND ended_at IS NULL
        """

    /// Only what is in force, and behind all that was answered before it came: the clock of who took that may have been ahead.
    private static func append(_ events: [InboxEvent]) -> Query {
        Query(
            """
            INSERT INTO innkeeper.event (id, installation, type, state, received_at, bytes, sealed_body)
            SELECT id, installation, type, 'pending', received_at, length(body), body
            FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::text[], $6::int8[], $7::bytea[])
                AS new (id, installation, token_set, installation_key, type, received_at, body)
            JOIN innkeeper.installation ON \(isInForce)
            WHERE coalesce(new.id >= \(EventRows.newest(of: "new.installation")), true)
            RETURNING id
            """, Column(events.map(\.id.number)), Column(events.map(\.installation.value)),
            Column(events.map(\.tokenSet.value)), Column(events.map(\.installationKey.bitPattern)),
            Column(events.map(\.type)), Column(events.map(\.receivedAt.milliseconds)),
            Column(events.map(\.body.bytes)))
    }

    private static let appended = "SELECT id FROM innkeeper.event WHERE id = ANY($1)"

    func lease(
        _ events: [WaitingEvent], as lease: LeaseID, from now: Timestamp, until: Timestamp
    ) throws -> [Bool] {
        let streams = events.map(\.installation)
        lock(Locks.streams(streams))
        let length = max(0, until.milliseconds - now.milliseconds)
        let (ids, numbers) = (Column(events.map(\.id.number)), Column(streams.map(\.value)))
        let answer = try commit(
            with: Query(Self.lease, ids, numbers, until.milliseconds, length, lease.text),
            orFind: Query(Self.leased, ids, lease.text))
        let leased = Set(answer.map { $0.int(0) })
        return events.map { leased.contains($0.id.number) }
    }

    /// Of two events of one stream the first is leased, unless the stream is held already.
    private static let lease = """
        WITH asked AS (
            SELECT DISTINCT ON (event.installation) event.id, event.installation
            FROM unnest($1::int8[], $2::int8[]) WITH ORDINALITY AS asked (id, installation, place)
            JOIN innkeeper.event ON event.id = asked.id AND event.installation = asked.installation
                AND state IN ('pending', 'leased')
            ORDER BY event.installation, place
        ), held AS (
            INSERT INTO innkeeper.stream_hold (installation, event, until, length, lease)
            SELECT installation, id, $3, $4, $5 FROM asked ORDER BY installation
            ON CONFLICT DO NOTHING RETURNING event
        )
        UPDATE innkeeper.event SET state = 'leased', attempts = \(EventRows.attempts) + 1
        FROM held WHERE id = held.event RETURNING id
        """

    private static let leased = "SELECT event FROM innkeeper.stream_hold WHERE event = ANY($1) AND lease = $2"
}
