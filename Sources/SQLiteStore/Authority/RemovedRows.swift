import GRDB
import Installations
import Sealing

extension SQLiteStore {
    /// Notes the rows that are gone although audit records decide about them: nothing ever deletes such a row.
    func noteRemovedRows(_ found: inout ForgedRows) async throws(StoreError) {
        var after: String? = ""
        while let last = after {
            let page = try await readQuietly { db, giveWay in try SubjectPage.read(after: last, db, giveWay) }
            for row in page.removed { found.note(row.table, row.number, place: row.place, nil, .removed) }
            after = page.last
        }
    }
}

/// Some of the subjects that audit records decide about.
private struct SubjectPage {
    private static let size = 1000

    var removed: [(table: String, number: Int64, place: String)] = []
    /// After what the next page begins; nil at the end.
    var last: String?

    static func read(after: String, _ db: Database, _ giveWay: (Int) -> Void) throws -> SubjectPage {
        // A step for each subject and not for each record: an installation may have had thousands.
        let next = try DirectStatement(
            """
            SELECT decides FROM audit INDEXED BY audit_by_subject
            WHERE decides > ? AND decides <> '' ORDER BY decides LIMIT 1
            """, db)
        var page = SubjectPage(last: after)
        for index in 0..<size {
            giveWay(index)
            guard let last = page.last else { break }
            page.last = nil
            try next.forEach {
                try $0.bind(last, at: 1)
            } read: {
                page.last = $0.text(0)
            }
            guard let text = page.last, let subject = AuthoritySubject(text: text) else { continue }
            if let row = try removedRow(of: subject, db) { page.removed.append(row) }
        }
        return page
    }

    /// The place of the row of a subject; nil when it is there.
    private static func removedRow(
        of subject: AuthoritySubject, _ db: Database
    ) throws -> (table: String, number: Int64, place: String)? {
        switch subject {
        case .deployment:
            return nil  // Without its row no store opens.
        case .installation(let number):
            return try isThere("installation", "number", number, db) ? nil : ("installation", number, "")
        case .rotation(let number):
            return try isThere("rotation", "number", number, db) ? nil : ("rotation", number, "")
        case .apiKey(let id):
            return try isThere("api_key", "id", id, db) ? nil : ("api_key", 0, id)
        case .storageKey(let id):
            return try isThere("storage_key", "id", id.description, db) ? nil : ("storage_key", 0, id.description)
        }
    }

    private static func isThere(
        _ table: String, _ column: String, _ key: some DatabaseValueConvertible, _ db: Database
    ) throws -> Bool {
        let row = try db.cachedStatement(sql: "SELECT 1 FROM \(table) WHERE \(column) = ?")
        return try Int64.fetchOne(row, arguments: [key]) != nil
    }
}
