import Installations
import Store
import Webhooks

/// What becomes of events and their streams, as statements: one for all of a kind that stand together.
struct EventChanges {
    /// The statements, in the order of the changes.
    private(set) var queries: [Query] = []
    private var delivered: [(event: EventID, attempts: Int)] = []
    private var deliveredAt: Timestamp?
    /// Streams that are let go.
    private var letGo: [InstallationNumber] = []
    private let epoch: Epoch

    /// Nothing yet.
    init(of epoch: Epoch) { self.epoch = epoch }

    /// Adds a change, with what it changes in how much is kept.
    mutating func add(_ change: EventChange, _ counts: inout KeptChanges) {
        if case .deliver(let event, let stream, let bytes, let attempts, let wasDead, let at) = change {
            counts.add(-1, of: -bytes, to: stream, asDead: wasDead)
            if deliveredAt != at { finish() }
            deliveredAt = at
            return delivered.append((event, attempts))
        }
        // Of another row as well; and who takes a stream sees all of this or nothing.
        if case .letGo(let stream) = change { return letGo.append(stream) }
        // A release and an attempt beside deliveries are of other rows: only what changes events must stand behind them.
        switch change {
        case .release, .keep: break
        default: finish()
        }
        add(other: change, &counts)
    }

    private mutating func add(other change: EventChange, _ counts: inout KeptChanges) {
        switch change {
        case .deliver, .letGo: preconditionFailure("collected")
        case .bury(let event, let stream, let bytes, let attempts, let failure, let at):
            counts.add(-1, of: -bytes, to: stream)
            counts.add(1, of: bytes, to: stream, asDead: true)
            queries.append(Query(Self.bury, Int64(attempts), at.milliseconds, failure.text, event.number))
        case .postpone(let event, let attempts, let failure):
            queries.append(Query(Self.postpone, Int64(attempts), failure.text, event.number))
        case .keep(let attempt, let event): queries += HistoryRows.insert(attempt, of: event)
        case .replay(let event, let stream, let bytes, let wasDead, let at):
            queries.append(Query(Self.replay, at.milliseconds, event.number))
            guard wasDead else { return }
            counts.add(1, of: bytes, to: stream)
            counts.add(-1, of: -bytes, to: stream, asDead: true)
        case .erase(let event, let stream, let bytes):
            counts.add(0, of: -bytes, to: stream, asDead: true)
            queries.append(
                Query("UPDATE innkeeper.event SET sealed_body = NULL, bytes = 0 WHERE id = $1", event.number))
        case .removeDelivered(let last):
            // In one statement: what is delivered between two would leave its attempts behind.
            queries.append(
                Query(
                    """
                    WITH gone AS (DELETE FROM innkeeper.event WHERE state = 'delivered' AND id <= $1 RETURNING id)
                    DELETE FROM innkeeper.attempt USING gone WHERE attempt.event = gone.id
                    """, last.number))
        case .removeDead(let event, let stream, let bytes):
            counts.add(-1, of: -bytes, to: stream, asDead: true)
            queries += [
                Query("DELETE FROM innkeeper.attempt WHERE event = $1", event.number),
                Query("DELETE FROM innkeeper.event WHERE id = $1", event.number),
            ]
        case .hold(let stream, let event, let until, let length):
            queries.append(Query(Self.hold, stream.value, event.number, until.milliseconds, length))
        case .changeHold(let stream, let until, let length):
            queries.append(
                Query(
                    "UPDATE innkeeper.stream_hold SET length = $1, until = $2 WHERE installation = $3",
                    length, until.milliseconds, stream.value))
        case .release(let stream):
            queries.append(Query("DELETE FROM innkeeper.stream_hold WHERE installation = $1", stream.value))
        case .endRetry(let stream):
            queries.append(
                Query(
                    "DELETE FROM innkeeper.stream_hold WHERE installation = $1 AND lease IS NULL", stream.value))
        case .destroyKey(let stream, let at): queries += InstallationWrites.destroyKey(of: stream, at: at)
        case .settingsErased(let stream, let through): queries.append(SettingsRows.erased(stream, through: through))
        }
    }

    /// Ends all that is collected.
    mutating func end() {
        finish()
        if !letGo.isEmpty { queries.append(StreamClaims.letGo(letGo, of: epoch)) }
        letGo = []
    }

    /// Ends the deliveries that are collected.
    private mutating func finish() {
        guard let at = deliveredAt else { return }
        queries.append(
            Query(
                Self.deliver, Column(delivered.map(\.event.number)), Column(delivered.map { Int64($0.attempts) }),
                at.milliseconds))
        (delivered, deliveredAt) = ([], nil)
    }

    private static let deliver = """
        UPDATE innkeeper.event SET state = 'delivered', attempts = \(EventRows.attempts) + settled.attempts,
            sealed_body = NULL, bytes = 0, settled_at = $3, failure = NULL
        FROM unnest($1::int8[], $2::int8[]) AS settled (id, attempts) WHERE event.id = settled.id
        """
    private static let bury = """
        UPDATE innkeeper.event SET state = 'dead', attempts = \(EventRows.attempts) + $1, settled_at = $2, failure = $3,
            clock_step = \(ClockRows.lastStep)
        WHERE id = $4
        """
    private static let postpone = """
        UPDATE innkeeper.event SET state = 'pending', attempts = \(EventRows.attempts) + $1, failure = $2 WHERE id = $3
        """
    private static let replay = """
        UPDATE innkeeper.event SET state = 'pending', attempts = 0, settled_at = NULL, replayed_at = $1,
            clock_step = \(ClockRows.lastStep)
        WHERE id = $2
        """
    /// A lease that another process gave meanwhile is not ended by it: settling under one releases it first.
    private static let hold = """
        INSERT INTO innkeeper.stream_hold (installation, event, until, length, lease) VALUES ($1, $2, $3, $4, NULL)
        ON CONFLICT (installation) DO UPDATE
        SET event = excluded.event, until = excluded.until, length = excluded.length
        WHERE stream_hold.lease IS NULL
        """
}
