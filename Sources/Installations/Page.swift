/// One page of a list that is never read whole.
package struct Page<Element: Sendable>: Sendable {
    /// At most as many as the request's limit.
    package let items: [Element]
    /// Where the next page begins; nil at the end.
    package let next: Cursor?
    /// Whether reading ended before the page was full: what is wanted may be behind `next`, or nowhere.
    package let isCut: Bool

    /// A page and where the next one begins.
    package init(items: [Element], next: Cursor?, isCut: Bool = false) {
        self.items = items
        self.next = next
        self.isCut = isCut
    }

    /// The same page of what becomes of its items.
    package func map<Other>(_ transform: (Element) throws -> Other) rethrows -> Page<Other> {
        Page<Other>(items: try items.map(transform), next: next, isCut: isCut)
    }

    /// A page cut from `limit + 1` rows: the surplus row shows that there is more, its predecessor is the cursor.
    package init(surplus rows: [Element], limit: Int, position: (Element) -> Int64) {
        let items = Array(rows.prefix(limit))
        self.init(items: items, next: rows.count > limit ? items.last.map { Cursor(position: position($0)) } : nil)
    }

    /// The same of rows some of which do not read, because somebody changed them: they are passed over and `doctor` tells of them,
    /// but what stands behind them is still listed.
    /// `floor` is where reading ended that no index led, if it did: the list goes on from there where the page is not full.
    package init(surplus rows: [Element?], limit: Int, positions: [Int64], floor: Int64? = nil) {
        let isFull = rows.count > limit
        self.init(
            items: rows.prefix(limit).compactMap { $0 },
            next: (isFull ? positions[limit - 1] : floor).map { Cursor(position: $0) }, isCut: !isFull && floor != nil)
    }
}

/// The position of the last row of a page. Lists run newest first over a number that only grows, so rows added
/// meanwhile never shift a page.
package struct Cursor: Sendable {
    /// Rows strictly below this number come next.
    package let position: Int64

    /// A cursor behind the row with this number.
    package init(position: Int64) {
        self.position = position
    }

    /// Reads a cursor's text form; nil for anything this type did not write.
    package init?(_ text: String) {
        guard text.hasPrefix("c"), let position = Int64(text.dropFirst(), radix: 36), position >= 0 else { return nil }
        self.position = position
        // The number's reader also takes a sign, zeros in front and capital letters.
        guard self.text == text else { return nil }
    }

    /// The opaque text form.
    package var text: String { "c" + String(position, radix: 36) }
}

/// What a list asks for: a page of at most `limit` rows behind `cursor`.
package struct PageRequest: Sendable {
    /// The largest page any list gives.
    package static let maximum = 500
    /// Rows wanted, 1 to `maximum`.
    package let limit: Int
    /// Where the page begins; nil for the newest.
    package let cursor: Cursor?

    /// A page request; the limit is forced into its range.
    package init(limit: Int = 100, cursor: Cursor? = nil) {
        self.limit = min(max(limit, 1), Self.maximum)
        self.cursor = cursor
    }
}
