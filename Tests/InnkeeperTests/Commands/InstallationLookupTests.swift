import Foundation
import OperatorAPI
import Testing

@testable import Innkeeper

@Suite struct InstallationLookupTests {
    static func installation(
        _ addon: String, _ id: String, _ status: String, apiURL: String = "https://x"
    ) throws -> InstallationJSON {
        let json = """
            {"addonKey": "\(addon)", "workspaceId": "w1", "addonId": "\(id)", "status": "\(status)", "apiUrl": "\(apiURL)",
             "addonUserId": "u", "asUser": "v", "installedAt": null, "updatedAt": "2026-01-01T00:00:00.000Z",
             "endedAt": null, "storageKey": null, "webhooks": [{"path": "/in", "events": ["NEW_PROJECT"]}]}
            """
        return try JSONDecoder().decode(InstallationJSON.self, from: Data(json.utf8))
    }

    static func page(_ rows: [InstallationJSON], next: String? = nil) throws -> InstallationPageJSON {
        let rows = String(decoding: try JSONEncoder().encode(rows), as: UTF8.self)
        let json = "{\"installations\": \(rows), \"nextCursor\": \(next.map { "\"\($0)\"" } ?? "null")}"
        return try JSONDecoder().decode(InstallationPageJSON.self, from: Data(json.utf8))
    }

    private static func find(_ rows: [InstallationJSON], addonID: String? = nil) async throws -> String {
        let page = try page(rows)
        let lookup = InstallationLookup(workspaceID: "w1", addonID: addonID, addonKey: nil)
        return try await lookup.find { _ in page }.addonId
    }

    @Test func `the live one is meant, also when it is not the newest`() async throws {
        let rows = [
            try Self.installation("a", "3", "DELETED"), try Self.installation("a", "2", "INACTIVE"),
            try Self.installation("a", "1", "SUPERSEDED"),
        ]
        #expect(try await Self.find(rows) == "2")
    }

    @Test func `without a live one the newest is meant`() async throws {
        let rows = [try Self.installation("a", "2", "DELETED"), try Self.installation("a", "1", "SUPERSEDED")]
        #expect(try await Self.find(rows) == "2")
        #expect(try await Self.find(rows, addonID: "1") == "1")
    }

    @Test func `several add-ons are a question, with the choices`() async throws {
        let rows = [try Self.installation("first", "2", "ACTIVE"), try Self.installation("second", "1", "DELETED")]
        await #expect {
            _ = try await Self.find(rows)
        } throws: { error in
            let error = CommandError(error)
            return error.status == .usage && error.hint == "name one: --addon \"first\", --addon \"second\""
        }
        #expect(try await Self.find(rows, addonID: "1") == "1")
    }

    @Test func `nothing found is exit 3`() async throws {
        await #expect {
            _ = try await Self.find([])
        } throws: { CommandError($0).status == .notFound }
    }

    @Test func `later pages are looked at too`() async throws {
        let first = try Self.page([try Self.installation("a", "2", "DELETED")], next: "c1")
        let second = try Self.page([try Self.installation("a", "1", "ACTIVE")])
        let lookup = InstallationLookup(workspaceID: "w1", addonID: nil, addonKey: "a")
        let found = try await lookup.find { $0.target.contains("cursor=c1") ? second : first }
        #expect(found.addonId == "1")
    }

    @Test func `a report is the API's fields and three more`() throws {
        let report = InstallationReport(
            installation: try Self.installation("a", "1", "ACTIVE", apiURL: ""), lastEvent: nil, history: [])
        let json = String(decoding: try JSONOutput.line(report), as: UTF8.self)
        for part in [
            #""addonKey":"a""#, #""lastEvent":null"#, #""history":[]"#, #""warnings":["apiUrl is empty"#,
            #""endedAt":null"#,
        ] {
            #expect(json.contains(part))
        }
        #expect(report.text(terminal: Terminal()).contains("warning: apiUrl is empty"))
    }

    @Test func `refused calls of an installation that lives are a warning`() throws {
        var installation = try Self.installation("a", "1", "ACTIVE")
        func warnings(_ refused: Int64?) -> [String] {
            installation.refusedSinceInstall = refused
            return InstallationReport(installation: installation, lastEvent: nil, history: []).warnings
        }
        #expect(warnings(nil).isEmpty && warnings(0).isEmpty)
        #expect(warnings(12).first?.hasPrefix("12 calls refused since its install") == true)
    }

    @Test func `an ended installation without a URL is no warning`() throws {
        let report = InstallationReport(
            installation: try Self.installation("a", "1", "DELETED", apiURL: ""), lastEvent: nil, history: [])
        #expect(report.warnings.isEmpty)
    }
}
