import Installations
import Marketplace
import Store
import Webhooks

extension PostgresTransaction: EventReads {
    func events(matching filter: EventFilter, page: PageRequest) throws -> Page<EventSummary> {
        let ofWorkspace = filter.workspaceID != nil
        var ids = filter.ids(page)
        var floor: Int64?
        if !filter.isIndexed {
            let query = ofWorkspace ? Self.floorOfWorkspace(filter, ids) : Self.floor(filter, ids)
            floor = try ask(query)[0].first?.int(0)
            if let floor { ids.above = floor - 1 }
        }
        let limit = Int64(page.limit + 1)
        let rows = try ask(ofWorkspace ? Self.ofWorkspace(filter, ids, limit) : Self.all(filter, ids, limit))[0]
        return Page(
            surplus: rows.map(EventRows.summaryIfAny), limit: page.limit, positions: rows.map { $0.event(0).number },
            floor: floor)
    }

    // MARK: Of all

    private static let source = "innkeeper.event JOIN innkeeper.installation ON number = event.installation"

    private static func all(_ filter: EventFilter, _ ids: (above: Int64, below: Int64), _ limit: Int64) -> Query {
        var select = select("SELECT \(EventRows.columns) FROM \(source)", filter, ids)
        select.require(addon: filter.addonKey, among: filter.addons)
        if let addonID = filter.addonID { select.require("addon_id =", addonID.text) }
        select.require(arrival: filter)
        return select.query(end: "ORDER BY event.id DESC LIMIT", limit)
    }

    /// The last event that is read where no index leads to those that are wanted.
    private static func floor(_ filter: EventFilter, _ ids: (above: Int64, below: Int64)) -> Query {
        select("SELECT event.id FROM innkeeper.event", filter, ids)
            .query(end: "ORDER BY event.id DESC LIMIT 1 OFFSET", Int64(filter.mostRead - 1))
    }

    private static func select(_ start: String, _ filter: EventFilter, _ ids: (above: Int64, below: Int64)) -> Select {
        var select = Select(start)
        if let state = filter.state { select.require(condition(state)) }
        select.require("event.id >", ids.above)
        select.require("event.id <", ids.below)
        return select
    }

    // MARK: Of a workspace

    /// The newest of each of its installations, which are few, and of those the newest. Never more than a page of each is looked
    /// at, however many events there are.
    private static func ofWorkspace(
        _ filter: EventFilter, _ ids: (above: Int64, below: Int64), _ limit: Int64
    ) -> Query {
        newest(EventRows.columns, of: filter, ids, limit: limit, end: "LIMIT", limit) { select in
            select.require(arrival: filter)
        }
    }

    private static func floorOfWorkspace(_ filter: EventFilter, _ ids: (above: Int64, below: Int64)) -> Query {
        let last = Int64(filter.mostRead)
        return newest("event.id", of: filter, ids, limit: last, end: "LIMIT 1 OFFSET", last - 1) { _ in }
    }

    private static func newest(
        _ columns: String, of filter: EventFilter, _ ids: (above: Int64, below: Int64), limit: Int64, end: String,
        _ last: Int64, _ narrow: (inout Select) -> Void
    ) -> Query {
        var owners = Select("SELECT number, addon_key, workspace_id, addon_id FROM innkeeper.installation")
        if let workspaceID = filter.workspaceID { owners.require("workspace_id =", workspaceID.text) }
        owners.require(addon: filter.addonKey, among: filter.addons)
        if let addonID = filter.addonID { owners.require("addon_id =", addonID.text) }
        var events = Select("SELECT * FROM innkeeper.event", after: owners)
        events.require("event.id >", ids.above)
        events.require("event.id <", ids.below)
        narrow(&events)
        let values = events.values + [limit, last]
        let parts = groups(filter.state).map { group in
            """
            (\(events.text) AND event.installation = installation.number AND \(group)
             ORDER BY event.id DESC LIMIT $\(values.count - 1))
            """
        }
        return Query(
            """
            SELECT \(columns) FROM (\(owners.text)) AS installation
            CROSS JOIN LATERAL (\(parts.joined(separator: " UNION ALL "))) AS event
            ORDER BY event.id DESC \(end) $\(values.count)
            """, values)
    }

    /// The conditions of the indexes in which events of these states are, by installation.
    private static func groups(_ state: EventState?) -> [String] {
        guard let state else { return [EventRows.isWaiting, "event.state = 'dead'", "event.state = 'delivered'"] }
        return [condition(state)]
    }

    /// Exactly this state, in the words of an index.
    private static func condition(_ state: EventState) -> String {
        switch state {
        case .pending, .leased: "event.state = '\(state.rawValue)' AND \(EventRows.isWaiting)"
        case .delivered, .dead: "event.state = '\(state.rawValue)'"
        }
    }

    func events(_ ids: [EventID]) throws -> [StoredEvent] {
        try rows(
            """
            SELECT \(EventRows.columns), \(EventRows.dates), until, failure, settled_at
            FROM unnest($1::int8[]) WITH ORDINALITY AS asked (id, place)
            JOIN innkeeper.event ON event.id = asked.id JOIN innkeeper.installation ON number = event.installation
            LEFT JOIN innkeeper.stream_hold ON stream_hold.installation = number AND stream_hold.event = event.id
            ORDER BY place
            """, Column(ids.map(\.number))
        ).map { row in
            StoredEvent(
                summary: try EventRows.summary(row), dates: EventRows.dates(row, from: 8), heldUntil: row.timeIfAny(12),
                failure: row.textIfAny(13), settledAt: row.timeIfAny(14))
        }
    }

    func pauses() throws -> [TargetPause] { try ask(TargetRows.select)[0].compactMap(TargetRows.pause) }

    func bodies(of ids: [EventID]) throws -> [StoredBody] {
        try rows(
            """
            SELECT \(EventRows.body) FROM unnest($1::int8[]) WITH ORDINALITY AS asked (id, place)
            JOIN (\(EventRows.bodySource)) ON event.id = asked.id WHERE sealed_body IS NOT NULL ORDER BY place
            """, Column(ids.map(\.number))
        ).map { EventRows.body($0) }
    }
}
