/// Rows of authority that are not authentic: changed, put back to what they once said, or removed, by somebody without the
/// deployment's key.
package struct ForgedRows: Sendable {
    /// The first of them, by their places.
    package private(set) var named: [DamagedValue] = []
    /// All of them.
    package private(set) var count = 0
    /// Whether authentic rows name audit records that are not there.
    package var isLogCutOff = false

    /// None yet.
    package init() {}

    /// Notes one. Memory is bounded: beyond some it is only counted.
    package mutating func note(
        _ item: StoredItem, place: String, _ installation: InstallationID?,
        _ reason: DamagedValue.Reason = .forged
    ) {
        count += 1
        guard named.count < KeyWork.named else { return }
        named.append(
            DamagedValue(item, place: place, installation: installation, reason: reason))
    }
}
