import GRDB
import Installations

// Numbers of rows are bound and read as what they are.
extension InstallationNumber: DatabaseValueConvertible, StatementColumnConvertible {}
extension TokenSet: DatabaseValueConvertible, StatementColumnConvertible {}
extension RecordNumber: DatabaseValueConvertible, StatementColumnConvertible {}

extension RowNumber {
    var databaseValue: DatabaseValue { value.databaseValue }

    static func fromDatabaseValue(_ value: DatabaseValue) -> Self? {
        Int64.fromDatabaseValue(value).map { Self($0) }
    }

    init?(sqliteStatement: SQLiteStatement, index: CInt) {
        self.init(Int64(sqliteStatement: sqliteStatement, index: index))
    }
}

extension DirectStatement.Values {
    /// Binds a number.
    func bind(_ number: some RowNumber, at index: CInt) throws { try bind(number.value, at: index) }
}

extension DirectRow {
    /// The number of an installation.
    func installation(_ column: CInt) -> InstallationNumber { InstallationNumber(int64(column)) }
}
