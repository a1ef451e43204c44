import FoundationEssentials
import GRDB
import Installations
import Sealing
import Store

extension [UInt8] {
    /// These bytes as a BLOB to bind.
    var databaseBytes: Data { Data(self) }
}

extension Row {
    /// A BLOB column that is never NULL.
    func bytes(_ column: String) -> [UInt8] { [UInt8](self[column] as Data) }

    /// A BLOB column that is never NULL, by its place: looking a name up costs more than reading the value.
    func bytes(at index: Int) -> [UInt8] { [UInt8](self[index] as Data) }

    /// A BLOB column that may be NULL.
    func bytesIfAny(_ column: String) -> [UInt8]? { (self[column] as Data?).map { [UInt8]($0) } }

    /// A time column.
    func time(_ column: String) -> Timestamp { Timestamp(milliseconds: self[column]) }

    /// A time column that may be NULL.
    func timeIfAny(_ column: String) -> Timestamp? {
        (self[column] as Int64?).map { Timestamp(milliseconds: $0) }
    }

    /// The attempts of an event, in a range in which they can be counted on.
    var attempts: Int { Int(Swift.min(Swift.max(self["attempts"] as Int64, 0), 1 << 30)) }
}
