import GRDB
import Installations
import Marketplace
import Webhooks

extension SQLiteRows {
    /// How many events are looked at at once where some are searched for among them.
    private static let searchStep = 1000

    /// A page of the events of one workspace: the newest of each of its installations, which are few, and of those the
    /// newest. Never more than a page of each is looked at, however many events there are.
    func events(
        of workspaceID: WorkspaceID, _ filter: EventFilter, _ page: PageRequest
    ) throws -> Page<EventSummary> {
        var query = Query("SELECT number FROM installation")
        query.require("workspace_id = ?", workspaceID.text)
        query.require(addon: filter.addonKey, among: filter.addons)
        if let addonID = filter.addonID { query.require("addon_id = ?", addonID.text) }
        let installations: [InstallationNumber] = try query.fetchAll(db).map { $0[0] }
        var (above, below) = filter.ids(page)
        var (rows, read): ([Row], Int) = ([], 0)
        while rows.count <= page.limit, read < filter.mostRead, below > above + 1 {
            let step = filter.isIndexed ? page.limit + 1 : min(Self.searchStep, filter.mostRead - read)
            var newest = NewestEvents(installations: installations, before: below, limit: step)
            try newest.add(filter.state, waitingIndex, db)
            var found = Query(
                "SELECT \(EventRows.columns) FROM event CROSS JOIN installation ON number = event.installation")
            let ids = newest.ids.filter { $0 > above }.map(\.description).joined(separator: ",")
            found.require("id IN (SELECT value FROM json_each(?))", "[\(ids)]")
            found.require(arrival: filter)
            found.end("ORDER BY id DESC LIMIT ?", step)
            rows += try found.fetchAll(db)
            read += newest.ids.count
            below = newest.ids.count == step ? newest.ids.last ?? above : above
        }
        return Page(
            surplus: rows.map(EventRows.summaryIfAny), limit: page.limit, positions: rows.map { $0["id"] },
            floor: below > above + 1 ? below : nil)
    }
}

/// The newest events of some installations before an id, newest first.
private struct NewestEvents {
    let installations: [InstallationNumber]
    let before: Int64
    let limit: Int
    private(set) var ids: [Int64] = []

    init(installations: [InstallationNumber], before: Int64, limit: Int) {
        self.installations = installations
        self.before = before
        self.limit = limit
    }

    /// Those of a state, or all.
    mutating func add(_ state: EventState?, _ waitingIndex: WaitingIndex, _ db: Database) throws {
        if state == nil || state == .dead { try addDead(db) }
        if state == nil || state == .pending { try addWaiting(state, waitingIndex, db) }
        if state == .leased { try addLeased(db) }
        if state == nil || state == .delivered { try addDelivered(db) }
    }

    private mutating func addDead(_ db: Database) throws {
        for installation in installations {
            add(try fetch(EventIndexes.deadBefore, [installation, before, limit], db))
        }
    }

    /// Of one stream a single event is leased.
    private mutating func addLeased(_ db: Database) throws {
        let sql = "SELECT event FROM stream_hold WHERE installation = ? AND event < ? AND lease IS NOT NULL"
        for installation in installations { add(try fetch(sql, [installation, before], db)) }
    }

    /// Those that wait: all, or only the pending.
    private mutating func addWaiting(_ state: EventState?, _ waitingIndex: WaitingIndex, _ db: Database) throws {
        let condition = state.map(EventRows.condition) ?? StreamRows.isWaiting
        let statement = try db.cachedStatement(sql: "SELECT 1 FROM event WHERE id = ? AND \(condition)")
        for installation in installations {
            var (position, found): (Int64?, [Int64]) = (before, [])
            while found.count < limit, let last = position {
                let page = waitingIndex.ids(of: installation, before: last, limit: limit)
                found += try page.filter { try Int64.fetchOne(statement, arguments: [$0]) != nil }
                position = page.count == limit ? page.last : nil
            }
            add(found)
        }
    }

    /// From group to group, until the next one is older than all that was found.
    private mutating func addDelivered(_ db: Database) throws {
        guard !installations.isEmpty else { return }
        var last = before >> EventIndexes.groupBits
        while let group = try Int64.fetchOne(db.cachedStatement(sql: EventIndexes.group), arguments: [last]) {
            if ids.count == limit, let oldest = ids.last, oldest >> EventIndexes.groupBits > group { return }
            for installation in installations {
                add(try fetch(EventIndexes.ofGroup, [installation, before, limit, group], db))
            }
            last = group - 1
        }
    }

    private func fetch(_ sql: String, _ arguments: StatementArguments, _ db: Database) throws -> [Int64] {
        try Int64.fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
    }

    private mutating func add(_ more: [Int64]) {
        guard !more.isEmpty else { return }
        ids = Array((ids + more).sorted(by: >).prefix(limit))
    }
}
