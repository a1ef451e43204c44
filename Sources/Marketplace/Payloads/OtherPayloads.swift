/// The body of STATUS_CHANGED.
package struct StatusChangedPayload: Sendable {
    /// The installation.
    package let addonID: AddonID
    /// The tenant.
    package let workspaceID: WorkspaceID
    /// `ACTIVE`, `INACTIVE`, or a word nobody knows yet; at most 256 bytes.
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

    /// Reads the body of a call, of which `reader` was made.
    package init(_ reader: PayloadReader, source body: Span<UInt8>) throws(PayloadError) {
        addonID = try reader.id(.addonId)
        workspaceID = try reader.id(.workspaceId)
        switch reader.object[PayloadField.settings.rawValue] {
        case nil: throw .missing(.settings)
        case .array, .object: settings = try Self.source(of: .settings, in: body)
        default: throw .wrongType(.settings)
        }
    }

    private static func source(of field: PayloadField, in body: Span<UInt8>) throws(PayloadError) -> [UInt8] {
        var source: [UInt8] = []
        do throws(JSONError) {
            try StrictJSON.validate(body, topLevel: field.rawValue) { range in
                source = range.map { body[$0] }
            }
        } catch {
            throw .notJSON
        }
        return source
    }
}

/// The body of DELETED.
package struct DeletedPayload: Sendable {
    /// The installation.
    package let addonID: AddonID
    /// The tenant.
    package let workspaceID: WorkspaceID
    /// On whose behalf it was uninstalled.
    package let asUser: String?

    /// Reads the body of a call.
    package init(_ reader: PayloadReader) throws(PayloadError) {
        addonID = try reader.id(.addonId)
        workspaceID = try reader.id(.workspaceId)
        asUser = try reader.optionalText(.asUser)
    }
}
