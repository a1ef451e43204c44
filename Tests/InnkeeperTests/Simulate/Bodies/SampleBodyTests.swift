import FoundationEssentials
import Marketplace
import Testing

@testable import Innkeeper

@Suite struct SampleBodyTests {
    private static let events = EventType.known.sorted { $0.text < $1.text }
    private let workspace: SimulatedInstallation

    init() throws { workspace = try SimulatedInstallation(number: 5) }

    @Test func `there are 52 known events`() {
        #expect(Self.events.count == 52)
    }

    @Test(arguments: events)
    func `every body is a JSON object without an open placeholder`(event: EventType) throws {
        let body = SampleBody.bytes(of: event, in: workspace, sequence: 7)
        #expect(try StrictJSON.parse(body.span).object != nil)
        #expect(!String(decoding: body, as: UTF8.self).contains("{{"))
        #expect(WebhookBody.inspect(body.span, for: workspace.workspace) == .accepted)
    }

    /// The eleven that do not name their workspace (protocol.md section 5.3).
    private static let silent: Set<String> = [
        "NEW_TASK", "TASK_UPDATED", "TASK_DELETED", "NEW_INVOICE", "INVOICE_UPDATED", "USER_JOINED_WORKSPACE",
        "USER_ACTIVATED_ON_WORKSPACE", "USER_DEACTIVATED_ON_WORKSPACE", "USER_DELETED_FROM_WORKSPACE", "USER_UPDATED",
        "USER_EMAIL_CHANGED",
    ]

    @Test(arguments: events)
    func `a body names its workspace where the platform's does`(event: EventType) throws {
        let object = try object(SampleBody.bytes(of: event, in: workspace, sequence: 7))
        let expected = Self.silent.contains(event.text) ? nil : workspace.workspace.text
        #expect(object["workspaceId"]?.string == expected)
    }

    @Test func `the same arguments give the same bytes, another number gives others`() throws {
        let event = try #require(EventType("NEW_TIME_ENTRY"))
        let first = SampleBody.bytes(of: event, in: workspace, sequence: 1)
        #expect(first == SampleBody.bytes(of: event, in: workspace, sequence: 1))
        #expect(first != SampleBody.bytes(of: event, in: workspace, sequence: 2))
        #expect(first != SampleBody.bytes(of: event, in: try SimulatedInstallation(number: 6), sequence: 1))
    }

    @Test func `an unheard-of event has a minimal body`() throws {
        let event = try #require(EventType("UNHEARD_OF"))
        let object = try object(SampleBody.bytes(of: event, in: workspace, sequence: 1))
        #expect(object.members.map(\.name) == ["workspaceId"])
    }

    @Test func `a template of one's own keeps what is not a placeholder`() {
        let body = SampleBody.fill(#"{"a":"{{workspaceId}}","b":"{{other}}","c":"{{"}"#, for: workspace, sequence: 1)
        let expected = #"{"a":"\#(workspace.workspace)","b":"{{other}}","c":"{{"}"#
        #expect(String(decoding: body, as: UTF8.self) == expected)
    }

    @Test(.enabled(if: sampleDirectory != nil, "the public webhook samples are not there"))
    func `each body has the members of the public sample`() throws {
        let directory = try #require(Self.sampleDirectory)
        for event in Self.events {
            guard let sample = FileManager.default.contents(atPath: "\(directory)/\(event.text).json") else { continue }
            let theirs = try object(Array(sample)).members.map(\.name)
            let ours = try object(SampleBody.bytes(of: event, in: workspace, sequence: 1)).members.map(\.name)
            #expect(Set(ours) == Set(theirs), "\(event)")
        }
    }

    @Test func `the public samples are there in CI`() {
        #expect(ProcessInfo.processInfo.environment["CI"] != "true" || Self.sampleDirectory != nil)
    }

    /// The folder of the samples; nil when there is none.
    private static let sampleDirectory: String? = {
        let root = #filePath.split(separator: "/").dropLast(5).joined(separator: "/")
        let vectors = ProcessInfo.processInfo.environment["INNKEEPER_VECTORS"] ?? "/\(root)/../shared/vectors"
        let directory = vectors + "/webhook-samples"
        return FileManager.default.fileExists(atPath: directory) ? directory : nil
    }()

    private func object(_ bytes: [UInt8]) throws -> JSONObject {
        try #require(try StrictJSON.parse(bytes.span).object)
    }
}
