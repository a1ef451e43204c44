import GRDB
import Store

/// The wrapped keys of one installation in a query over `installation LEFT JOIN outgoing_key`.
enum InstallationKeyColumns {
    /// What a query selects.
    static let columns = "installation.wrapped_key AS wrapped_key, outgoing_key.wrapped_key AS outgoing"
    /// The join for `columns`.
    static let join = "LEFT JOIN outgoing_key ON outgoing_key.installation = installation.number"
}

extension StoredKeys {
    /// The keys in a row with `InstallationKeyColumns.columns`; nil when they are destroyed.
    init?(_ row: Row) {
        guard let current = row.bytesIfAny("wrapped_key") else { return nil }
        self.init(current: current, outgoing: row.bytesIfAny("outgoing"))
    }
}
