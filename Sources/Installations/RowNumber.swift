/// The number that identifies a row of one kind: a type of its own for each, so that none is taken for another.
package protocol RowNumber: Hashable, Comparable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// The number as stores keep it.
    var value: Int64 { get }
    /// The identity with this number.
    init(_ value: Int64)
}

extension RowNumber {
    package init(integerLiteral value: Int64) { self.init(value) }
    package var description: String { String(value) }
    /// The largest that there is: no row has it.
    package static var end: Self { Self(.max) }
    /// The one behind it. There is one behind every number that was given out; the end, which only somebody who writes rows can
    /// give out, stays the end.
    package var next: Self { Self(max(value, value &+ 1)) }
    /// The one before it.
    package var previous: Self { Self(value - 1) }
    package static func < (one: Self, other: Self) -> Bool { one.value < other.value }
}

/// The number of an installation, and so of the stream of its events. Given out once, in rising order.
package struct InstallationNumber: RowNumber {
    package let value: Int64
    package init(_ value: Int64) { self.value = value }
}

/// The number of the token set of an installation. Grows with every INSTALLED; 0 for an installation that never had any.
package struct TokenSet: RowNumber {
    package let value: Int64
    package init(_ value: Int64) { self.value = value }
}

/// The number of a record of the audit log: 1 for the first, no gaps. 0 stands for none.
package struct RecordNumber: RowNumber {
    package let value: Int64
    package init(_ value: Int64) { self.value = value }
}
