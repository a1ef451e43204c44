import Sealing
import Store
import Synchronization

/// A place at which the process ends after some calls.
struct InterruptedPlace: MovePlace {
    /// It has ended.
    struct End: Error {}

    /// Calls of both places that are still answered.
    final class Calls: Sendable {
        private let left: Atomic<Int>

        init(_ count: Int) { left = Atomic(count) }

        func take() throws {
            if left.subtract(1, ordering: .relaxed).newValue < 0 { throw End() }
        }
    }

    let place: any MovePlace
    let calls: Calls
    /// Changes what arrives, as a disk may.
    var spoil: @Sendable (inout MovePage, MovedTable) -> Void = { _, _ in }

    var name: String { place.name }

    func mark() throws -> MoveMark? {
        try calls.take()
        return try place.mark()
    }

    func replace(_ old: MoveMark?, by new: MoveMark, isFirst: Bool) throws -> Bool {
        try calls.take()
        return try place.replace(old, by: new, isFirst: isFirst)
    }

    func count(of table: MovedTable) throws -> Int { try place.count(of: table) }

    func page(of table: MovedTable, after key: MoveKey?, within bounds: MoveBounds) throws -> MovePage {
        try place.page(of: table, after: key, within: MoveBounds(rows: min(2, bounds.rows), bytes: bounds.bytes))
    }

    func lastKey(of table: MovedTable) throws -> MoveKey? { try place.lastKey(of: table) }

    func append(_ page: MovePage, to table: MovedTable) throws {
        try calls.take()
        var page = page
        spoil(&page, table)
        try place.append(page, to: table)
    }

    func settleNumbers() throws {
        try calls.take()
        try place.settleNumbers()
    }

    func open(with keyring: Keyring) throws -> any StoreEngine { try place.open(with: keyring) }

    func close() throws { try place.close() }
}
