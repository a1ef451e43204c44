/// An id the platform gave: opaque, 1 to 64 characters of `[A-Za-z0-9_-]` (protocol.md section 11, row 29).
///
/// The alphabet makes it safe in a log line, a URL and a file name. `Kind` keeps the kinds apart at compile time.
package struct OpaqueID<Kind>: Hashable, Sendable, CustomStringConvertible {
    /// The id exactly as the platform writes it.
    package let text: String

    /// Reads an id; nil for an empty or long text or one with any other character.
    package init?(_ text: String) {
        guard isOpaqueID(text.utf8.span) else { return nil }
        self.text = text
    }

    /// Reads an id that is part of a text.
    package init?(_ text: Substring) { self.init(String(text)) }

    package var description: String { text }
}

/// Whether these bytes are an id. Not a member of `OpaqueID`, which would make other modules ask through its metadata.
private func isOpaqueID(_ bytes: Span<UInt8>) -> Bool {
    guard (1...64).contains(bytes.count) else { return false }
    for index in bytes.indices {
        switch bytes[index] {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): continue
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): continue
        default: return false
        }
    }
    return true
}

/// Marks ids of workspaces.
package enum WorkspaceKind {}

/// Marks ids of installations.
package enum AddonInstallationKind {}

/// The tenant.
package typealias WorkspaceID = OpaqueID<WorkspaceKind>

/// The wire's `addonId`: the id of one installation on the platform, new at every reinstall (protocol.md section 3.2).
package typealias AddonID = OpaqueID<AddonInstallationKind>
