import Foundation
import Installations
import OperatorAPI
import Testing

@testable import Innkeeper

@Suite struct DoctorTests {
    @Test func `each check is a line, each finding has its fix below`() {
        let report = DoctorJSON(checks: [
            CheckJSON(name: "one", status: "ok", message: "fine", fix: nil),
            CheckJSON(name: "two", status: "warn", message: "odd\u{1B}", fix: "mend it"),
        ])
        #expect(
            DoctorCommand.text(report, terminal: Terminal())
                == "ok    one: fine\nwarn  two: odd\\u{1b}\n      fix: mend it\n")
    }

    @Test func `a missing key directory and a missing add-on are findings`() {
        #expect(LocalChecks.storageKeys("/nowhere/keys").status == .fail)
        #expect(LocalChecks.manifests("/nowhere/addons").map(\.status) == [.fail])
        #expect(LocalChecks.platformKeys("/nowhere/keys.pem").status == .fail)
        #expect(LocalChecks.platformKeys(nil).status == .ok)
    }

    @Test func `a data directory that others may enter is a finding`() throws {
        let bed = try SettingsBed()
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: bed.path)
        #expect(LocalChecks.access(bed.path).status == .warn)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: bed.path)
        #expect(LocalChecks.access(bed.path).status == .ok)
    }
}
