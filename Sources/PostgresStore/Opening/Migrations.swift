import Schema
import Store

/// Brings the tables up to date, one process at a time, while others serve that know what a step makes of them.
struct Migrations {
    /// The steps of this program.
    static let current = Migrations(steps: Schema.postgres)
    /// The number of the last one.
    static let known = Schema.postgres.count

    /// The steps, in order.
    let steps: [Schema.Migration]

    /// Where the steps that ran are listed, each with the oldest program that may run beside it. Not asked of a role that may make
    /// nothing, once it is there.
    private static let list = [
        Query("CREATE SCHEMA innkeeper"),
        Query("CREATE TABLE innkeeper.migration (number bigint NOT NULL PRIMARY KEY, name text NOT NULL)"),
    ]

    /// Runs the steps that are missing on a deployment that is there.
    func run(on link: inout Link) throws {
        guard try Self.hasDeployment(on: &link) else { throw PostgresOpenError.noDeployment }
        try migrate(on: &link)
    }

    /// Whether there is a deployment, in tables of ours.
    static func hasDeployment(on link: inout Link) throws(LinkFailure) -> Bool {
        let tables = try link.rows(Query("SELECT to_regclass('innkeeper.deployment') IS NOT NULL"))
        guard tables.first?.bool(0) == true else { return false }
        return try link.rows(Query("SELECT FROM innkeeper.deployment")).first != nil
    }

    /// Runs the steps that are missing, in one transaction.
    ///
    /// - Throws: `.newer` when a step ran beside which this program may not run, `.olderBeside` while a program serves that may not
    ///   run beside a step which is missing.
    func migrate(on link: inout Link) throws {
        let wait = Connection.patience
        _ = try link.exchange([Query("BEGIN"), Locks.migrations], within: wait)
        do {
            try step(on: &link)
        } catch let error as PostgresOpenError {
            _ = try link.exchange([Query("ROLLBACK")], within: wait)
            throw error
        }
        _ = try link.exchange([Query("COMMIT")], within: wait)
    }

    private func step(on link: inout Link) throws {
        let wait = Connection.patience
        if try !Self.has("migration", on: &link) { _ = try link.exchange(Self.list, within: wait) }
        let ran = try link.rows(Query("SELECT count(*), max(number) FROM innkeeper.migration")).first
        let done = Int(ran?.int(0) ?? 0)
        guard (ran?.int(1) ?? 0) == Int64(done) else { throw PostgresOpenError.newer }
        guard done < steps.count else {
            // A newer program has been here. It says whether this one may stay.
            guard try Self.oldest(on: &link) <= steps.count else { throw PostgresOpenError.newer }
            return
        }
        let missing = Array(steps.enumerated().dropFirst(done))
        try Self.check(for: missing.map { $1.oldestBeside ?? $0 + 1 }.max() ?? 0, on: &link)
        _ = try link.exchange(
            [Query("ALTER TABLE innkeeper.migration ADD COLUMN IF NOT EXISTS oldest bigint NOT NULL DEFAULT 1")],
            within: wait)
        for (index, step) in missing {
            for statement in Self.statements(step.sql) { _ = try link.exchange([Query(statement)], within: wait) }
            _ = try link.exchange(
                [
                    Query(
                        "INSERT INTO innkeeper.migration (number, name, oldest) VALUES ($1, $2, $3)", Int64(index + 1),
                        step.name, Int64(step.oldestBeside ?? index + 1))
                ], within: wait)
        }
    }

    /// The last step that a program must know to run beside those that ran.
    private static func oldest(on link: inout Link) throws(LinkFailure) -> Int {
        Int(try link.rows(Query("SELECT max(oldest) FROM innkeeper.migration")).first?.int(0) ?? 0)
    }

    /// Nobody may serve who does not know a step.
    private static func check(for oldest: Int, on link: inout Link) throws {
        guard try has("instance", on: &link) else { return }
        let older = try link.rows(
            Query(
                "SELECT name FROM innkeeper.instance WHERE schema_step < $1 AND \(InstanceRows.hasClaims) LIMIT 1",
                Int64(oldest)))
        if let name = older.first?.text(0) { throw PostgresOpenError.olderBeside(name) }
    }

    private static func has(_ table: String, on link: inout Link) throws(LinkFailure) -> Bool {
        try link.rows(Query("SELECT to_regclass('innkeeper.\(table)') IS NOT NULL")).first?.bool(0) ?? false
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
