import Installations
import Marketplace
import Store
import Webhooks

extension PostgresTransaction: EventReads {
    func events(matching filter: EventFilter, page: PageRequest) throws -> Page<EventSummary> {
        let query = filter.workspaceID == nil ? Self.all(filter, page) : Self.ofWorkspace(filter, page)
        let rows = try ask(query)[0]
        return Page(
            surplus: rows.map(EventRows.summaryIfAny), limit: page.limit, positions: rows.map { $0.event(0).number })
    }

    private static let source = "innkeeper.event JOIN innkeeper.installation ON number = event.installation"

    private static func all(_ filter: EventFilter, _ page: PageRequest) -> Query {
        var select = Select("SELECT \(EventRows.columns) FROM \(source)")
        if let state = filter.state { select.require(condition(state)) }
        select.require(addon: filter.addonKey, among: filter.addons)
        if let addonID = filter.addonID { select.require("addon_id =", addonID.text) }
        if let cursor = page.cursor { select.require("event.id <", cursor.position) }
        return select.query(end: "ORDER BY event.id DESC LIMIT", Int64(page.limit + 1))
    }

    /// The newest of each of its installations, which are few, and of those the newest. Never more than a page of each is looked
    /// at, however many events there are.
    private static func ofWorkspace(_ filter: EventFilter, _ page: PageRequest) -> Query {
        var select = Select("SELECT number, addon_key, workspace_id, addon_id FROM innkeeper.installation")
        if let workspaceID = filter.workspaceID { select.require("workspace_id =", workspaceID.text) }
        select.require(addon: filter.addonKey, among: filter.addons)
        if let addonID = filter.addonID { select.require("addon_id =", addonID.text) }
        let (conditions, values) = select.filter
        let (before, limit) = ("$\(values.count + 1)", "$\(values.count + 2)")
        let parts = Self.groups(filter.state).map { group in
            """
            (SELECT * FROM innkeeper.event WHERE event.installation = installation.number AND \(group) AND id < \(before)
             ORDER BY id DESC LIMIT \(limit))
            """
        }
        return Query(
            """
            SELECT \(EventRows.columns)
            FROM (SELECT number, addon_key, workspace_id, addon_id FROM innkeeper.installation\(conditions)) AS installation
            CROSS JOIN LATERAL (\(parts.joined(separator: " UNION ALL "))) AS event
            ORDER BY event.id DESC LIMIT \(limit)
            """, values + [page.cursor?.position ?? Int64.max, Int64(page.limit + 1)])
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

    func bodies(of ids: [EventID]) throws -> [StoredBody] {
        try rows(
            """
            SELECT \(EventRows.body) FROM unnest($1::int8[]) WITH ORDINALITY AS asked (id, place)
            JOIN (\(EventRows.bodySource)) ON event.id = asked.id WHERE sealed_body IS NOT NULL ORDER BY place
            """, Column(ids.map(\.number))
        ).map { EventRows.body($0) }
    }
}
