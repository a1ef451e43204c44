import CPostgres

/// What a statement answered: rows in the binary form of the protocol.
///
/// `@unchecked Sendable`: nothing changes a PGresult after it was received. The functions used here only read it, which libpq's
/// chapter on threads allows to several at once; it goes with the last reference.
@safe final class ResultRows: @unchecked Sendable {
    private let result: OpaquePointer

    /// Takes a result over.
    init(_ result: OpaquePointer) { unsafe self.result = result }

    deinit { unsafe PQclear(result) }

    /// How many rows there are.
    var count: Int { Int(unsafe PQntuples(result)) }

    /// The first row; nil when there is none.
    var first: ResultRow? { count > 0 ? ResultRow(rows: self, index: 0) : nil }

    /// What became of each row.
    func map<T>(_ transform: (ResultRow) throws -> T) rethrows -> [T] {
        try (0..<Int32(count)).map { try transform(ResultRow(rows: self, index: $0)) }
    }

    /// The same without those that became nothing.
    func compactMap<T>(_ transform: (ResultRow) throws -> T?) rethrows -> [T] {
        try (0..<Int32(count)).compactMap { try transform(ResultRow(rows: self, index: $0)) }
    }

    /// Visits each row.
    func forEach(_ visit: (ResultRow) throws -> Void) rethrows {
        for index in 0..<Int32(count) { try visit(ResultRow(rows: self, index: index)) }
    }

    /// What the server says it did, such as `COMMIT` or `UPDATE 3`.
    var tag: String { unsafe String(cString: PQcmdStatus(result)) }

    /// How many rows a statement changed.
    var changes: Int { Int(unsafe String(cString: PQcmdTuples(result))) ?? 0 }

    fileprivate func isNull(_ row: Int32, _ column: Int32) -> Bool { unsafe PQgetisnull(result, row, column) != 0 }

    fileprivate func bytes(_ row: Int32, _ column: Int32) -> UnsafeRawBufferPointer {
        let length = unsafe Int(PQgetlength(result, row, column))
        return unsafe UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: length)
    }
}

/// A row of them, by the places of its columns. NULL reads as 0, false or nothing where no NULL is asked for.
struct ResultRow {
    fileprivate let rows: ResultRows
    fileprivate let index: Int32

    /// Whether a column is NULL.
    func isNull(_ column: Int32) -> Bool { rows.isNull(index, column) }

    /// A whole number of any width.
    func int(_ column: Int32) -> Int64 {
        let bytes = unsafe rows.bytes(index, column)
        let isNegative = unsafe (bytes.first ?? 0) > 0x7f
        return unsafe bytes.reduce(isNegative ? -1 : 0) { $0 << 8 | Int64($1) }
    }

    /// The same; nil for NULL.
    func intIfAny(_ column: Int32) -> Int64? { isNull(column) ? nil : int(column) }

    /// A truth value.
    func bool(_ column: Int32) -> Bool { unsafe rows.bytes(index, column).first == 1 }

    /// A text.
    func text(_ column: Int32) -> String {
        TextEscape.read(unsafe String(decoding: rows.bytes(index, column), as: UTF8.self))
    }

    /// The same; nil for NULL.
    func textIfAny(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    /// Bytes.
    func bytes(_ column: Int32) -> [UInt8] { unsafe [UInt8](rows.bytes(index, column)) }

    /// The same; nil for NULL.
    func bytesIfAny(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : bytes(column) }
}

extension ResultRow {
    /// An array of texts, without those that are NULL.
    func texts(_ column: Int32) -> [String] {
        unsafe elements(column) { bytes in TextEscape.read(unsafe String(decoding: bytes, as: UTF8.self)) }
    }

    /// An array of whole numbers, without those that are NULL.
    func ints(_ column: Int32) -> [Int64] {
        unsafe elements(column) { bytes in unsafe bytes.reduce(0) { $0 << 8 | Int64($1) } }
    }

    private func elements<Element>(
        _ column: Int32, _ read: (Slice<UnsafeRawBufferPointer>) -> Element
    ) -> [Element] {
        var left = unsafe rows.bytes(index, column)[...]
        func word() -> Int32 {
            defer { unsafe left = left.dropFirst(4) }
            return unsafe left.prefix(4).reduce(0) { $0 << 8 | Int32($1) }
        }
        // Dimensions, whether there are NULLs, the type; of the one dimension its length and where it begins.
        guard word() == 1 else { return [] }
        (_, _) = (word(), word())
        let count = word()
        _ = word()
        return (0..<count).compactMap { _ in
            let length = word()
            guard length >= 0 else { return nil }
            defer { unsafe left = left.dropFirst(Int(length)) }
            return unsafe read(left.prefix(Int(length)))
        }
    }
}
