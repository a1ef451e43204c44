import Installations
import Sealing
import Store

/// The processes that serve, in SQL.
enum InstanceRows {
    private static let now = ServerClock.shown

    /// Whether the claims of an instance's row count.
    static let hasClaims = "seen_at > \(now) - \(InstanceLife.claims)"

    /// Writes that an instance lives.
    static func beat(_ epoch: Epoch, _ profile: InstanceProfile, clockAhead: Int64) -> Query {
        Query(
            """
            INSERT INTO innkeeper.instance (epoch, name, version, schema_step, started_at, seen_at, clock_ahead,
                loaded_keys, key_files, configuration)
            VALUES ($1, $2, $3, $4, $5, \(now), $6, $7, $8, $9)
            ON CONFLICT (epoch) DO UPDATE SET seen_at = excluded.seen_at, clock_ahead = excluded.clock_ahead,
                loaded_keys = excluded.loaded_keys, key_files = excluded.key_files,
                configuration = excluded.configuration
            """, epoch.value, profile.name, profile.version, Int64(Migrations.known),
            profile.startedAt.milliseconds, clockAhead,
            keys(profile.loadedKeys), keys(profile.keyFiles),
            Column(profile.configuration.map { "\($0)=\($1)" }.sorted()))
    }

    private static func keys(_ ids: Set<StorageKeyID>) -> Column<String> { Column(ids.map(\.description).sorted()) }

    /// Asks for all whose claims may count. Somebody may have written into the rows what no instance says.
    static let all = Query(
        """
        SELECT epoch, left(name, 300), left(version, 100), started_at, \(now) - seen_at, clock_ahead, loaded_keys[1:1000],
            key_files[1:1000], configuration[1:100]
        FROM innkeeper.instance WHERE \(hasClaims) ORDER BY epoch LIMIT 1024
        """)

    static func instance(_ row: ResultRow) -> Instance {
        func keys(_ column: Int32) -> Set<StorageKeyID> { Set(row.texts(column).compactMap { StorageKeyID($0) }) }
        let configuration = row.texts(8).map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        let profile = InstanceProfile(
            name: row.text(1), version: row.text(2),
            configuration: Dictionary(configuration.map { ($0[0], $0.last ?? "") }) { first, _ in first },
            startedAt: row.time(3), loadedKeys: keys(6), keyFiles: keys(7))
        return Instance(
            epoch: Epoch(row.int(0)), profile: profile, silence: max(0, row.int(4)), clockAhead: row.int(5))
    }

    /// Clears away those whose claims have ended, their claims and all that was told long ago.
    static let clearing = [
        Query(
            """
            WITH gone AS (DELETE FROM innkeeper.instance WHERE NOT (\(hasClaims)) RETURNING epoch)
            DELETE FROM innkeeper.stream_claim USING gone WHERE stream_claim.epoch = gone.epoch
            """),
        Query("DELETE FROM innkeeper.stream_call WHERE at < \(now) - 60000"),
        Query("DELETE FROM innkeeper.token_rate WHERE free < \(now) - 60000"),
    ]

    /// Takes an instance out, with its claims.
    static func leave(_ epoch: Epoch) -> [Query] {
        [
            Query("DELETE FROM innkeeper.stream_claim WHERE epoch = $1", epoch.value),
            Query("DELETE FROM innkeeper.instance WHERE epoch = $1", epoch.value),
        ]
    }
}
