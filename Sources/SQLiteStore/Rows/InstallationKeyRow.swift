import GRDB
import Installations
import Sealing
import Store

/// The wrapped keys of one installation as they lie in the store: the current one, and the one that a re-encryption
/// replaced while events are still under it.
struct InstallationKeyRow: Sendable {
    /// What a query selects to make one, over `installation LEFT JOIN outgoing_key`.
    static let columns = "installation.wrapped_key AS wrapped_key, outgoing_key.wrapped_key AS outgoing"
    /// The join for `columns`.
    static let join = "LEFT JOIN outgoing_key ON outgoing_key.installation = installation.number"

    let current: [UInt8]
    let outgoing: [UInt8]?

    init(current: [UInt8], outgoing: [UInt8]?) {
        self.current = current
        self.outgoing = outgoing
    }

    init(_ row: Row) {
        self.init(current: row.bytes("wrapped_key"), outgoing: row.bytesIfAny("outgoing"))
    }

    /// Opens both. `number` is the row, for the message.
    func open(of id: InstallationID, number: Int64, _ vault: InstallationVault) throws(StoreError) -> InstallationKeys {
        let current = try vault.openKey(wrapped: current, of: id, number: number)
        guard let outgoing else { return InstallationKeys(current: current, outgoing: nil) }
        return InstallationKeys(
            current: current, outgoing: try vault.openKey(wrapped: outgoing, of: id, number: number))
    }
}

extension InstallationVault {
    /// Opens an installation key as it lies in a row. `number` is the row, for the message.
    func openKey(
        wrapped: [UInt8], of id: InstallationID, number: Int64
    ) throws(StoreError) -> InstallationKey {
        try openKey(
            SealedValue(stored: wrapped, table: "installation", number: number), of: id, number: number)
    }
}

/// The opened keys of one installation.
struct InstallationKeys: Sendable {
    let current: InstallationKey
    let outgoing: InstallationKey?

    /// The key whose id stands in the value's header: no key is tried that is not named.
    func key(for value: SealedValue) -> InstallationKey {
        if let outgoing, value.keyIDBitPattern == outgoing.id.bitPattern { return outgoing }
        return current
    }
}
