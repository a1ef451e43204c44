import Schema
import Store

/// Brings the tables up to date, one process at a time.
enum Migrations {
    /// Where the steps that ran are listed. Not asked of a role that may make nothing, once it is there.
    private static let list = [
        Query("CREATE SCHEMA innkeeper"),
        Query("CREATE TABLE innkeeper.migration (number bigint NOT NULL PRIMARY KEY, name text NOT NULL)"),
    ]

    /// Runs the steps that are missing on a deployment that is there.
    static func run(on link: inout Link) throws {
        guard try hasDeployment(on: &link) else { throw PostgresOpenError.noDeployment }
        try migrate(on: &link)
    }

    /// Whether there is a deployment, in tables of ours.
    static func hasDeployment(on link: inout Link) throws(LinkFailure) -> Bool {
        let tables = try link.rows(Query("SELECT to_regclass('innkeeper.deployment') IS NOT NULL"))
        guard tables.first?.bool(0) == true else { return false }
        return try link.rows(Query("SELECT FROM innkeeper.deployment")).first != nil
    }

    /// Runs the steps that are missing, in one transaction.
    static func migrate(on link: inout Link) throws {
        let wait = Connection.patience
        _ = try link.exchange([Query("BEGIN"), Locks.migrations], within: wait)
        let isListed = try link.rows(Query("SELECT to_regclass('innkeeper.migration') IS NOT NULL")).first?.bool(0)
        if isListed == false { _ = try link.exchange(list, within: wait) }
        let ran = try link.rows(Query("SELECT count(*), max(number) FROM innkeeper.migration")).first
        let done = Int(ran?.int(0) ?? 0)
        guard done <= Schema.postgres.count, (ran?.int(1) ?? 0) == Int64(done) else {
            _ = try link.exchange([Query("ROLLBACK")], within: wait)
            throw PostgresOpenError.newer
        }
        for (number, step) in Schema.postgres.enumerated().dropFirst(done) {
            for statement in statements(step.sql) { _ = try link.exchange([Query(statement)], within: wait) }
            _ = try link.exchange(
                [
                    Query(
                        "INSERT INTO innkeeper.migration (number, name) VALUES ($1, $2)", Int64(number + 1),
                        step.name)
                ], within: wait)
        }
        _ = try link.exchange([Query("COMMIT")], within: wait)
    }

    /// A step's statements, each of which ends a line with a semicolon: a pipeline takes one at a time.
    private static func statements(_ sql: String) -> [String] {
        sql.split(separator: ";\n").map(String.init).filter { statement in
            statement.split(separator: "\n").contains { line in
                let text = line.trimmingPrefix(while: \.isWhitespace)
                return !text.isEmpty && !text.hasPrefix("--")
            }
        }
    }
}
