import GRDB
import Installations
import Marketplace
import Webhooks

extension SQLiteStore {
    /// A page of the events of one workspace: the newest of each of its installations, which are few, and of those the
    /// newest. Never more than a page of each is looked at, however many events there are.
    func events(
        of workspaceID: WorkspaceID, _ filter: EventFilter, _ page: PageRequest
    ) async throws(StoreError) -> Page<EventSummary> {
        var query = Query("SELECT number FROM installation")
        query.require("workspace_id = ?", workspaceID.text)
        if let addonKey = filter.addonKey { query.require("addon_key = ?", addonKey.text) }
        if let addonID = filter.addonID { query.require("addon_id = ?", addonID.text) }
        return try await read { [query] db in
            var newest: [Int64] = []
            for row in try query.fetchAll(db) {
                newest += try Int64.fetchAll(
                    db.cachedStatement(sql: EventIndexes.newest(filter.state)),
                    arguments: [row[0] as Int64, page.cursor?.position ?? .max, page.limit + 1])
                newest.sort(by: >)
                newest.removeLast(max(0, newest.count - page.limit - 1))
            }
            let statement = try db.cachedStatement(
                sql: "SELECT \(EventRows.columns) FROM event JOIN installation ON number = installation WHERE id = ?")
            let events = try newest.compactMap { try Row.fetchOne(statement, arguments: [$0]).map(EventRows.summary) }
            return Page(surplus: events, limit: page.limit, position: \.id.number)
        }
    }
}
