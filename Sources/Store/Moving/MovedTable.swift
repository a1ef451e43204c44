/// A table whose rows go from one store into another, as both engines know it. What an engine keeps for itself is in none of
/// these: the list of its steps, its marks, what only processes that run need.
package struct MovedTable: Sendable {
    /// One of its columns.
    package struct Column: Hashable, Sendable {
        /// What its values are.
        package enum Kind: Sendable {
            case int, text, blob, bool
        }

        /// Its name, the same in every engine.
        package let name: String
        /// What its values are.
        package let kind: Kind

        static func int(_ name: String) -> Column { Column(name: name, kind: .int) }
        static func text(_ name: String) -> Column { Column(name: name, kind: .text) }
        static func blob(_ name: String) -> Column { Column(name: name, kind: .blob) }
        static func bool(_ name: String) -> Column { Column(name: name, kind: .bool) }
    }

    /// Its name, the same in every engine.
    package let name: String
    /// All columns, first those of the key.
    package let columns: [Column]
    /// How many of them are the key: they name a row, and order the rows.
    package let keyCount: Int
    /// The column that may be long, where there is one: it decides how many rows are read at once.
    package let heavy: String?

    /// The columns of the key.
    package var key: ArraySlice<Column> { columns.prefix(keyCount) }

    private init(_ name: String, key: [Column], heavy: String? = nil, _ others: Column...) {
        self.name = name
        self.heavy = heavy
        columns = key + others
        keyCount = key.count
    }

    /// All of them. Whatever a row refers to comes before it, and the deployment's own row last: until it is there, nobody takes
    /// what has arrived for a deployment.
    package static let all: [MovedTable] = [
        MovedTable(
            "storage_key", key: [.text("id")], .text("state"), .int("created_at"), .int("promoted_at"),
            .int("retired_at"), .int("destroyed_at"), .blob("check_value"), .int("decided_by"), .blob("mac")),
        MovedTable(
            "installation", key: [.int("number")], .text("addon_key"), .text("workspace_id"), .text("addon_id"),
            .text("status"), .text("api_url"), .text("addon_user_id"), .text("as_user"), .int("installed_at"),
            .int("updated_at"), .int("ended_at"), .int("token_set"), .int("version"), .int("installation_key"),
            .blob("wrapped_key"), .text("storage_key"), .int("issued_at"), .int("decided_by"), .blob("mac"),
            .blob("handed_out")),
        MovedTable(
            "installation_secret", key: [.int("installation"), .text("name")], heavy: "sealed", .blob("sealed")),
        MovedTable(
            "webhook_token", key: [.int("installation"), .text("path"), .int("ordinal")], .text("wire_path"),
            .blob("sealed")),
        MovedTable("handed_out_token", key: [.int("installation"), .blob("digest")]),
        MovedTable(
            "outgoing_key", key: [.int("installation")], .int("installation_key"), .blob("wrapped_key"),
            .text("storage_key"), .int("resealed_through")),
        MovedTable(
            "event", key: [.int("id")], heavy: "sealed_body", .int("installation"), .text("type"), .text("state"),
            .int("received_at"), .int("attempts"), .int("settled_at"), .int("replayed_at"), .int("clock_step"),
            .text("failure"), .blob("sealed_body")),
        MovedTable(
            "attempt", key: [.int("event"), .int("number")], .int("at"), .text("target"), .int("status"),
            .int("duration"), .text("failure")),
        MovedTable("refusal", key: [.int("installation")], .int("token_set"), .int("count"), .int("last_at")),
        MovedTable("history", key: [.int("span"), .int("at"), .text("series")], .int("count")),
        MovedTable(
            "stream_hold", key: [.int("installation")], .int("event"), .int("until"), .int("length"), .text("lease")),
        MovedTable("settings_to_erase", key: [.int("installation")], .int("ended_at"), .int("through")),
        MovedTable(
            "audit", key: [.int("number")], .int("at"), .text("actor"), .text("action"), .text("addon_key"),
            .text("workspace_id"), .text("addon_id"), .text("subject"), .text("outcome"), .text("detail"),
            .blob("hash"), .text("decides")),
        MovedTable(
            "rotation", key: [.int("number")], .text("from_key"), .text("to_key"), .bool("reencrypt"),
            .int("started_at"), .int("finished_at"), .int("decided_by"), .blob("mac")),
        MovedTable("backup", key: [.int("number")], .int("at"), .text("path"), .int("bytes"), .text("keys")),
        MovedTable(
            "api_key", key: [.text("id")], .text("name"), .text("scopes"), .text("addons"), .blob("hash"),
            .int("created_at"), .int("expires_at"), .int("last_used_at"), .text("last_used_from"),
            .int("revoked_at"), .int("decided_by"), .blob("mac")),
        MovedTable("target_pause", key: [.text("addon_key"), .text("name")], .int("since")),
        MovedTable(
            "damaged_value", key: [.text("source"), .int("number"), .text("place")], .int("found_at")),
        MovedTable("clock", key: [.int("one")], .int("shown"), .int("swept")),
        MovedTable(
            "clock_step", key: [.int("number")], .int("noticed"), .int("newest"), .int("event"), .int("audit"),
            .bool("undone")),
        MovedTable(
            "deployment", key: [.int("one")], .blob("wrapped_key"), .text("storage_key"), .int("form"),
            .int("decided_by"), .blob("mac")),
    ]
}
