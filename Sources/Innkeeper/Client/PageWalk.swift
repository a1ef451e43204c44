import OperatorAPI

/// A page of a list on the wire.
protocol PageJSON: Codable, Sendable {
    associatedtype Row: Codable & Sendable
    /// The rows.
    var rows: [Row] { get }
    /// Where the next page begins; nil at the end.
    var nextCursor: String? { get }
}

extension InstallationPageJSON: PageJSON {
    var rows: [InstallationJSON] { installations }
}

extension EventPageJSON: PageJSON {
    var rows: [EventJSON] { events }
}

extension AuditPageJSON: PageJSON {
    var rows: [AuditJSON] { records }
}

/// Reads a list page by page; never more than one page is in memory.
enum PageWalk {
    /// The largest page the API gives.
    static let largest = 500
    /// What one page has when nothing is said.
    static let usual = 100

    /// Calls `show` with each page's rows until the list or `limit` ends.
    ///
    /// - Parameters:
    ///   - limit: Rows wanted in all; nil for all there are.
    ///   - cursor: Where to begin; nil for the newest.
    ///   - fetch: Reads a page of at most so many rows behind a cursor.
    /// - Returns: Where the next row is, when `limit` ended the walk before the list ended.
    static func run<Page: PageJSON>(
        limit: Int?, from cursor: String?, fetch: (Int, String?) async throws -> Page, show: ([Page.Row]) throws -> Void
    ) async throws -> String? {
        var cursor = cursor
        var left = limit ?? .max
        while true {
            let page = try await fetch(min(left, largest), cursor)
            try show(page.rows)
            left -= page.rows.count
            guard let next = page.nextCursor else { return nil }
            guard left > 0 else { return next }
            // A page without progress would be asked for again for ever. One without rows was searched and is progress.
            guard next != cursor else {
                throw CommandError(.failure, "the list does not go on behind cursor \(PrintableText.excerpt(next))")
            }
            cursor = next
        }
    }
}
