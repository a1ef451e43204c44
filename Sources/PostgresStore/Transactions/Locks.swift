import Installations
import Marketplace

/// What one writer gave by itself: who is about to write what others read to decide, or reads to decide what others write, holds
/// a lock until its transaction ends. Each is taken in a statement of its own, because a statement sees what was committed when it
/// began, and many of one kind in ascending order.
enum Locks {
    /// How many locks stand for all streams.
    private static let stripes: Int64 = 1024

    /// The first numbers of the locks, one for each kind.
    private static let (inbox, storageKeys, audit, rotation, schema, delivery) = (1, 2, 3, 4, 5, 8)

    /// Lifecycle calls of these add-ons in their workspaces.
    static func places(_ ids: [InstallationID]) -> Query {
        Query(
            """
            SELECT pg_advisory_xact_lock(place) FROM (
                SELECT DISTINCT hashtextextended(addon || chr(10) || workspace, 0) AS place
                FROM unnest($1::text[], $2::text[]) AS asked (addon, workspace) ORDER BY 1 OFFSET 0) AS places
            """, Column(ids.map(\.addonKey.text)), Column(ids.map(\.workspaceID.text)))
    }

    /// All installations of these add-ons in their workspaces: no webhook is appended meanwhile, and nothing becomes of their events.
    static func installations(in ids: [InstallationID]) -> Query {
        Query(
            """
            SELECT pg_advisory_xact_lock(\(inbox), stripe), pg_advisory_xact_lock(\(delivery), stripe) FROM (
                SELECT DISTINCT (number & \(stripes - 1))::int4 AS stripe
                FROM unnest($1::text[], $2::text[]) AS asked (addon, workspace)
                JOIN innkeeper.installation ON addon_key = addon AND workspace_id = workspace
                ORDER BY 1 OFFSET 0) AS stripes
            """, Column(ids.map(\.addonKey.text)), Column(ids.map(\.workspaceID.text)))
    }

    /// Webhooks for these installations, beside other webhooks.
    static func appends(to numbers: [InstallationNumber]) -> Query {
        Query(
            "SELECT pg_advisory_xact_lock_shared(\(inbox), stripe::int4) FROM unnest($1::int8[]) AS stripe",
            Column(Set(numbers.map { $0.value & (stripes - 1) }).sorted()))
    }

    /// What becomes of the events of these installations. Webhooks are appended meanwhile: whoever appends one looks after its stream
    /// himself, or tells the process that has it.
    static func streams(_ numbers: [InstallationNumber]) -> Query {
        Query(
            "SELECT pg_advisory_xact_lock(\(delivery), stripe::int4) FROM unnest($1::int8[]) AS stripe",
            Column(Set(numbers.map { $0.value & (stripes - 1) }).sorted()))
    }

    /// What becomes of these events.
    static func streams(of events: [Int64]) -> Query {
        Query(
            """
            SELECT pg_advisory_xact_lock(\(delivery), stripe) FROM (
                SELECT DISTINCT (installation & \(stripes - 1))::int4 AS stripe
                FROM innkeeper.event WHERE id = ANY($1::int8[]) ORDER BY 1 OFFSET 0) AS stripes
            """, Column(events))
    }

    /// Whatever is wrapped under a storage key.
    static let wrapping = Query("SELECT pg_advisory_xact_lock_shared(\(storageKeys), 0)")

    /// Steps of storage keys: nothing is wrapped meanwhile.
    static let keySteps = Query("SELECT pg_advisory_xact_lock(\(storageKeys), 0)")

    /// The end of the audit log.
    static let auditLog = Query("SELECT pg_advisory_xact_lock(\(audit), 0)")

    /// Which rotation is the last one.
    static let rotations = Query("SELECT pg_advisory_xact_lock(\(rotation), 0)")

    /// The form of the tables.
    static let migrations = Query("SELECT pg_advisory_xact_lock(\(schema), 0)")
}
