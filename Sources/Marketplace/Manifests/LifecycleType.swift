/// The four lifecycle calls, as a manifest names them (protocol.md section 3.1). A request names none: only its path
/// tells which call it is.
package enum LifecycleType: String, CaseIterable, Sendable {
    case installed = "INSTALLED"
    case deleted = "DELETED"
    case settingsUpdated = "SETTINGS_UPDATED"
    case statusChanged = "STATUS_CHANGED"
}
