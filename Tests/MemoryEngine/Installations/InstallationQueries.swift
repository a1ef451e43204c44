import Installations

/// What is asked of installations again and again.
extension MemoryRows {
    /// The largest number; 0 when there is none.
    var lastInstallationNumber: InstallationNumber { installations.keys.filter { $0.value < 1 << 62 }.max() ?? 0 }

    /// The one with this full key.
    func installation(_ id: InstallationID) -> InstallationRow? { installations.values.first { $0.id == id } }

    /// The other live installations of its add-on in its workspace, oldest first.
    func live(besides id: InstallationID) -> [InstallationRow] {
        installations.values
            .filter { row in
                (row.endedAt == nil || row.status.isLive) && row.id != id && row.id.addonKey == id.addonKey
                    && row.id.workspaceID == id.workspaceID
            }
            .sorted { $0.number < $1.number }
    }
}
