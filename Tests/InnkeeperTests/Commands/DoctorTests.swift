import Foundation
import Installations
import Marketplace
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
        #expect(PlatformKeyChecks.finding("/nowhere/keys.pem").status == .fail)
        #expect(PlatformKeyChecks.finding(nil).status == .ok)
    }

    @Test func `a signing secret behind a link is judged by the file it leads to`() throws {
        let bed = try SettingsBed()
        let (file, link) = (bed.path + "/mounted", bed.path + "/secret")
        let key = try #require(AddonKey("addon"))
        let forwards = [key: ForwardTarget(url: "https://a.example/", secretFile: link)]
        #expect(symlink(file, link) == 0)
        #expect(LocalChecks.forwards(forwards).map(\.status) == [.fail])
        let secret = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()
        try secret.write(toFile: file, atomically: false, encoding: .utf8)
        #expect(chmod(file, 0o600) == 0)
        #expect(LocalChecks.forwards(forwards).map(\.status) == [.ok])
        #expect(chmod(file, 0o640) == 0)
        #expect(LocalChecks.forwards(forwards).map(\.fix) == ["as the message says, then restart"])
    }

    @Test func `a forward for an add-on that has no manifest is a finding`() throws {
        let bed = try SettingsBed()
        let here = URL(filePath: #filePath).deletingLastPathComponent()
        let sample = try Data(contentsOf: here.appending(path: "../../../scripts/sample-manifest.json"))
        try sample.write(to: URL(filePath: bed.path + "/sample.json"))
        let (known, mistyped) = (try #require(AddonKey("sample-addon")), try #require(AddonKey("sample-adon")))
        let findings = LocalChecks.strangers(among: [known, mistyped], bed.path)
        #expect(findings.map(\.name) == ["forward sample-adon"] && findings.map(\.status) == [.warn])
        #expect(LocalChecks.strangers(among: [mistyped], "/nowhere/addons").isEmpty)
    }

    @Test func `what editors and systems leave among the manifests is passed over and named`() throws {
        let bed = try SettingsBed()
        let here = URL(filePath: #filePath).deletingLastPathComponent()
        let sample = try Data(contentsOf: here.appending(path: "../../../scripts/sample-manifest.json"))
        for name in ["x.json", "._x.json", ".x.json.swp", "x.json~", "x.json.bak", ".DS_Store"] {
            try (name == "x.json" ? sample : Data([0])).write(to: URL(filePath: bed.path + "/" + name))
        }
        try FileManager.default.createDirectory(atPath: bed.path + "/..2026_11_29", withIntermediateDirectories: false)
        #expect(try Manifests.names(in: bed.path) == ["x.json"])
        #expect(try Manifests.load(from: bed.path).count == 1)
        let finding = try #require(LocalChecks.manifests(bed.path).first { $0.name == "addons" })
        #expect(finding.status == .warn && finding.message.contains("._x.json") && finding.message.contains("1 more"))
    }

    @Test func `a data directory that others may enter is a finding`() throws {
        let bed = try SettingsBed()
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: bed.path)
        #expect(LocalChecks.access(bed.path).status == .warn)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: bed.path)
        #expect(LocalChecks.access(bed.path).status == .ok)
    }
}
