import Installations

/// Sealed values that did not open, remembered for `doctor`.
enum DamagedRows {
    static func note(_ values: [DamagedValue], at: Timestamp) -> Query {
        // One place may be found twice, and one statement must not change a row twice.
        var places = Set<[String]>()
        let values = values.filter { places.insert([$0.item.kind, "\($0.item.number)", $0.place]).inserted }
        return Query(
            """
            INSERT INTO innkeeper.damaged_value (source, number, place, found_at)
            SELECT source, number, place, $4 FROM unnest($1::text[], $2::int8[], $3::text[]) AS value (source, number, place)
            ON CONFLICT (source, number, place) DO UPDATE SET found_at = excluded.found_at
            """, Column(values.map(\.item.kind)), Column(values.map(\.item.number)), Column(values.map(\.place)),
            at.milliseconds)
    }

    /// Forgets what was noted of rows that a verification just opened, or that are gone.
    static func clear(_ depth: VerifyDepth, in range: NumberRange) -> [Query] {
        let sources =
            switch depth {
            case .keys: ["installation"]
            case .values: ["installation", "installation_secret", "webhook_token"]
            }
        let rows = Query(
            "DELETE FROM innkeeper.damaged_value WHERE source = ANY($1) AND number > $2 AND number <= $3",
            Column(sources), range.after.value, range.through.value)
        guard depth == .values else { return [rows] }
        return [
            rows,
            Query(
                """
                DELETE FROM innkeeper.damaged_value WHERE source = 'event' AND NOT EXISTS (
                    SELECT 1 FROM innkeeper.event WHERE id = number AND sealed_body IS NOT NULL
                        AND NOT (installation > $1 AND installation <= $2))
                """, range.after.value, range.through.value),
        ]
    }
}
