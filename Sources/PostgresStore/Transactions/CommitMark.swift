/// Written by each transaction that writes: whoever lost the answer to its COMMIT can find it again.
struct CommitMark: Sendable {
    private let bytes: [UInt8]

    /// One that no other transaction has.
    static func random() -> CommitMark { CommitMark(bytes: (0..<16).map { _ in .random(in: .min ... .max) }) }

    /// Writes it. Its time is the server's: that of a program may be wrong by a day.
    var insertion: Query {
        Query("INSERT INTO innkeeper.commit_mark (mark, at) VALUES ($1, \(Self.now))", bytes)
    }

    /// Asks what became of the transaction that leaves it: waits for its end, and says so itself where it was undone, so that it
    /// never can be committed any more. Asked twice it answers the same, as its own answer may be lost too. It writes in either
    /// case: its commit waits for a standby behind that of the transaction.
    var question: Query {
        Query(
            """
            INSERT INTO innkeeper.commit_mark AS found (mark, at, is_undone) VALUES ($1, \(Self.now), true)
            ON CONFLICT (mark) DO UPDATE SET at = found.at RETURNING is_undone
            """, bytes)
    }

    /// Removes some of those that nobody can ask for any more: an answer that was lost is looked for within seconds.
    static let clearing = Query(
        """
        DELETE FROM innkeeper.commit_mark WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM innkeeper.commit_mark WHERE at < \(now) - 600000 LIMIT \(clearingLimit)))
        """)

    /// So many at once, and so often while there are more.
    static let (clearingLimit, clearings) = (50_000, 20)

    private static let now = "(extract(epoch FROM clock_timestamp()) * 1000)::int8"
}
