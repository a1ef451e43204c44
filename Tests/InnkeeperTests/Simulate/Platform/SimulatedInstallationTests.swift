import Marketplace
import Testing

@testable import Innkeeper

@Suite struct SimulatedInstallationTests {
    @Test func `the same number has the same ids every time`() throws {
        #expect(try SimulatedInstallation(number: 17) == SimulatedInstallation(number: 17))
        #expect(try SimulatedInstallation(number: 17).workspace.text == "65a000010000000000000011")
        #expect(try SimulatedInstallation(number: 17).addon.text == "65a000020000000100000011")
    }

    @Test func `a reinstall keeps the workspace and has another addonId`() throws {
        let first = try SimulatedInstallation(number: 17)
        let second = try SimulatedInstallation(number: 17, generation: 2)
        #expect(first.workspace == second.workspace)
        #expect(first.addon != second.addon)
    }

    @Test func `no two kinds, numbers or generations share an id`() {
        var ids: [String] = []
        for kind in SimulatedID.Kind.allCases {
            for number in [0, 1, 16, UInt32.max] {
                for generation in [0, 1, 16] as [UInt32] {
                    ids.append(SimulatedID.text(kind, number, generation: generation))
                }
            }
        }
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.utf8.count == 24 })
    }

    @Test func `an id of one's own is taken as it is`() throws {
        let installation = try SimulatedInstallation(workspace: "my_workspace", addon: "my-addon", number: 1)
        #expect(installation.workspace.text == "my_workspace")
        #expect(installation.addon.text == "my-addon")
    }

    @Test(arguments: [("", "a"), ("a", ""), ("a/b", "a"), ("a", "a b")])
    func `what is not an id is refused`(workspace: String, addon: String) {
        #expect(throws: SimulateError.self) {
            try SimulatedInstallation(workspace: workspace, addon: addon, number: 1)
        }
    }
}
