package import Installations
package import Sealing

extension SealedValue {
    /// Reads a value as it lies in a row. One that is too short or of no known kind is a corrupt row: named, never passed
    /// over.
    package init(stored bytes: [UInt8], in item: StoredItem) throws(StoreError) {
        do {
            try self.init(bytes: bytes)
        } catch {
            throw .corruptRow(item)
        }
    }
}
