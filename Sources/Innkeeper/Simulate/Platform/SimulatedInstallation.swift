import Marketplace

/// One installation of the add-on in one made-up workspace.
struct SimulatedInstallation: Hashable, Sendable {
    /// The tenant.
    let workspace: WorkspaceID
    /// The installation's id on the platform.
    let addon: AddonID
    /// The workspace's owner, on whose behalf the add-on is installed.
    let owner: String
    /// The add-on's own user in the workspace.
    let addonUser: String
    /// Counts workspaces; entities in webhook bodies are numbered from it.
    let number: UInt32

    /// Workspace number `number`. A higher `generation` is a reinstall: the same workspace, another `addonId`, as the
    /// platform does it (protocol.md section 3.2).
    init(number: UInt32, generation: UInt32 = 1) throws(SimulateError) {
        try self.init(
            workspace: SimulatedID.text(.workspace, number),
            addon: SimulatedID.text(.installation, number, generation: generation), number: number)
    }

    /// An installation with ids of one's own.
    init(workspace: String, addon: String, number: UInt32) throws(SimulateError) {
        guard let workspaceID = WorkspaceID(workspace) else { throw .badID(option: "--workspace") }
        guard let addonID = AddonID(addon) else { throw .badID(option: "--addon-id") }
        self.workspace = workspaceID
        self.addon = addonID
        self.number = number
        owner = SimulatedID.text(.member, number)
        addonUser = SimulatedID.text(.addonUser, number)
    }
}
