import GRDB
import GRDBSQLite
import Installations

/// A statement whose values are bound and read through SQLite itself, for what runs for each webhook or for every
/// installation: GRDB makes an array of the values and an object of each row, which costs more than most statements.
struct DirectStatement {
    // Held, so that nothing finalizes it while `raw` is used.
    private let statement: Statement
    private let raw: OpaquePointer

    /// A statement of the connection's cache, which prepares each text once.
    init(_ sql: String, _ db: Database) throws {
        statement = try db.cachedStatement(sql: sql)
        raw = statement.sqliteStatement
    }

    /// Takes one step with the values that `bind` binds. Returns whether there was a row; after that the statement holds
    /// neither a row nor a pointer.
    @discardableResult
    func run(_ bind: (Values) throws -> Void) throws -> Bool {
        defer { reset() }
        try bind(Values(raw: raw))
        return try step()
    }

    /// Reads every row of the answer to the values that `bind` binds.
    func forEach(_ bind: (Values) throws -> Void, read: (DirectRow) throws -> Void) throws {
        defer { reset() }
        try bind(Values(raw: raw))
        while try step() { try read(DirectRow(raw: raw)) }
    }

    /// Reads rows as long as `read` wants more of them.
    func visit(_ bind: (Values) throws -> Void, read: (DirectRow) throws -> Bool) throws {
        defer { reset() }
        try bind(Values(raw: raw))
        while try step(), try read(DirectRow(raw: raw)) {}
    }

    private func step() throws -> Bool {
        let code = sqlite3_step(raw)
        guard code == SQLITE_ROW || code == SQLITE_DONE else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code))
        }
        return code == SQLITE_ROW
    }

    private func reset() {
        sqlite3_reset(raw)
        sqlite3_clear_bindings(raw)
    }

    /// The values of a statement that is about to run, by the numbers of their placeholders.
    struct Values {
        fileprivate let raw: OpaquePointer
        /// SQLITE_TRANSIENT, a macro that Swift does not see: SQLite copies what it is given.
        private static let copying = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

        /// Binds a number.
        func bind(_ value: Int64, at index: CInt) throws {
            try check(sqlite3_bind_int64(raw, index, value))
        }

        /// Binds a copy of the text.
        func bind(_ text: String, at index: CInt) throws {
            var text = text
            try text.withUTF8 { text in
                try text.withMemoryRebound(to: CChar.self) { text in
                    try check(sqlite3_bind_text(raw, index, text.baseAddress, CInt(text.count), Self.copying))
                }
            }
        }

        /// Binds a copy of the bytes.
        func bind(_ bytes: [UInt8], at index: CInt) throws {
            try bytes.withUnsafeBytes { bytes in
                try check(
                    sqlite3_bind_blob64(raw, index, bytes.baseAddress, sqlite3_uint64(bytes.count), Self.copying))
            }
        }

        /// Binds bytes where they lie: they must stay there until the statement has run.
        func borrow(_ bytes: UnsafeRawBufferPointer, at index: CInt) throws {
            try check(sqlite3_bind_blob64(raw, index, bytes.baseAddress, sqlite3_uint64(bytes.count), nil))
        }

        private func check(_ code: CInt) throws {
            guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
        }
    }
}

/// A row that a statement stands on, its columns by their places.
struct DirectRow {
    fileprivate let raw: OpaquePointer

    /// An INTEGER that is never NULL.
    func int64(_ column: CInt) -> Int64 { sqlite3_column_int64(raw, column) }

    /// An INTEGER that may be NULL.
    func int64IfAny(_ column: CInt) -> Int64? {
        sqlite3_column_type(raw, column) == SQLITE_NULL ? nil : int64(column)
    }

    /// A TEXT that is never NULL.
    func text(_ column: CInt) -> String {
        let text = sqlite3_column_text(raw, column)
        return String(
            decoding: UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(raw, column))), as: UTF8.self)
    }

    /// A TEXT that may be NULL.
    func textIfAny(_ column: CInt) -> String? {
        sqlite3_column_type(raw, column) == SQLITE_NULL ? nil : text(column)
    }

    /// How long a TEXT or a BLOB is, in bytes; 0 for NULL.
    func length(_ column: CInt) -> Int { Int(sqlite3_column_bytes(raw, column)) }

    /// A BLOB that is never NULL.
    func bytes(_ column: CInt) -> [UInt8] {
        let bytes = sqlite3_column_blob(raw, column)
        return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(raw, column))))
    }

    /// A BLOB that may be NULL.
    func bytesIfAny(_ column: CInt) -> [UInt8]? {
        sqlite3_column_type(raw, column) == SQLITE_NULL ? nil : bytes(column)
    }

    /// The full key of an installation in three columns from `first` on; nil where somebody changed them.
    func installationID(from first: CInt) -> InstallationID? {
        InstallationRows.id(text(first), text(first + 1), text(first + 2))
    }
}
