/// The SQL of every store, embedded from the files beside this one.
package enum Schema {
    /// One step of a store's schema. Immutable once shipped: stores in the field have run it.
    package struct Migration: Sendable {
        /// Its name in the store's list of steps that ran.
        package let name: String
        /// Its statements.
        package let sql: String
        /// Whether it makes a table anew that others refer to. Only then are all references looked at afterwards: twenty
        /// seconds with a million installations.
        package var remakesTable = false
        /// The number of the last step that a program must know to run beside this one; nil for this step itself: then every older
        /// program is stopped first.
        package var oldestBeside: Int?

        /// A step.
        package init(name: String, sql: String, remakesTable: Bool = false, oldestBeside: Int? = nil) {
            self.name = name
            self.sql = sql
            self.remakesTable = remakesTable
            self.oldestBeside = oldestBeside
        }
    }

    /// The embedded store's steps, in order.
    package static let sqlite: [Migration] = [
        Migration(name: "v001_initial", sql: text(PackageResources.sqlite_v001_initial_sql)),
        Migration(name: "v002_key_life", sql: text(PackageResources.sqlite_v002_key_life_sql)),
        Migration(name: "v003_rotation", sql: text(PackageResources.sqlite_v003_rotation_sql)),
        Migration(name: "v004_backup", sql: text(PackageResources.sqlite_v004_backup_sql)),
        Migration(name: "v005_delivery", sql: text(PackageResources.sqlite_v005_delivery_sql)),
        Migration(name: "v006_event_cost", sql: text(PackageResources.sqlite_v006_event_cost_sql), remakesTable: true),
        Migration(name: "v007_waiting_by_arrival", sql: text(PackageResources.sqlite_v007_waiting_by_arrival_sql)),
        Migration(name: "v008_authority", sql: text(PackageResources.sqlite_v008_authority_sql)),
        Migration(name: "v009_kept_bytes", sql: text(PackageResources.sqlite_v009_kept_bytes_sql)),
        Migration(name: "v010_bound_api_keys", sql: text(PackageResources.sqlite_v010_bound_api_keys_sql)),
        Migration(name: "v011_hold_length", sql: text(PackageResources.sqlite_v011_hold_length_sql)),
        Migration(name: "v012_no_list_of_unproven", sql: text(PackageResources.sqlite_v012_no_list_of_unproven_sql)),
        Migration(name: "v013_handed_out_summary", sql: text(PackageResources.sqlite_v013_handed_out_summary_sql)),
        Migration(name: "v014_settings_to_erase", sql: text(PackageResources.sqlite_v014_settings_to_erase_sql)),
        Migration(name: "v015_clock", sql: text(PackageResources.sqlite_v015_clock_sql)),
        Migration(name: "v016_move", sql: text(PackageResources.sqlite_v016_move_sql)),
        Migration(name: "v017_session", sql: text(PackageResources.sqlite_v017_session_sql)),
        Migration(name: "v018_console", sql: text(PackageResources.sqlite_v018_console_sql)),
    ]

    /// The steps of a store over PostgreSQL, in order. Every statement ends a line with a semicolon, and only then.
    package static let postgres: [Migration] = [
        Migration(name: "v001_initial", sql: text(PackageResources.postgres_v001_initial_sql)),
        // Before it one process had the database alone.
        Migration(name: "v002_instances", sql: text(PackageResources.postgres_v002_instances_sql)),
        // A program that does not know it would serve what was moved elsewhere.
        Migration(name: "v003_move", sql: text(PackageResources.postgres_v003_move_sql)),
        // A program without a console does not ask for sessions.
        Migration(name: "v004_session", sql: text(PackageResources.postgres_v004_session_sql), oldestBeside: 3),
        // A program that knows no pauses pushes what it always pushed: whoever pauses waits until all are new.
        Migration(name: "v005_console", sql: text(PackageResources.postgres_v005_console_sql), oldestBeside: 4),
    ]

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
