/// The body of STATUS_CHANGED.
package struct StatusChangedPayload: Sendable {
    /// The installation.
    package let addonID: AddonID
    /// The tenant.
    package let workspaceID: WorkspaceID
    /// `ACTIVE`, `INACTIVE`, or a word nobody knows yet.
    package let status: String

    /// Reads the body of a call.
    package init(_ reader: PayloadReader) throws(PayloadError) {
        addonID = try reader.id(.addonId)
        workspaceID = try reader.id(.workspaceId)
        status = try reader.text(.status)
    }
}

/// The body of SETTINGS_UPDATED.
package struct SettingsUpdatedPayload: Sendable {
    /// The installation.
    package let addonID: AddonID
    /// The tenant.
    package let workspaceID: WorkspaceID
    /// The value of `settings`, an array or an object, byte for byte as it came.
    package let settings: [UInt8]

    /// Reads the body of a call.
    package init(_ reader: PayloadReader) throws(PayloadError) {
        addonID = try reader.id(.addonId)
        workspaceID = try reader.id(.workspaceId)
        guard let value = try reader.source(.settings) else { throw reader.absence(of: .settings) }
        guard [UInt8(ascii: "["), UInt8(ascii: "{")].contains(reader.body[value.lowerBound]) else {
            throw .wrongType(.settings)
        }
        settings = Array(reader.body[value])
    }
}

/// The body of DELETED.
package struct DeletedPayload: Sendable {
    /// The installation.
    package let addonID: AddonID
    /// The tenant.
    package let workspaceID: WorkspaceID

    /// Reads the body of a call.
    package init(_ reader: PayloadReader) throws(PayloadError) {
        addonID = try reader.id(.addonId)
        workspaceID = try reader.id(.workspaceId)
    }
}
