import Installations
import Marketplace
import TestSupport
import Testing

@testable import Ingress

/// What HTTP obliges a recipient to take, and what not (RFC 9110 section 5.5, RFC 9112 sections 2.3, 3.2 and 7.1).
@Suite(.timeLimit(.minutes(1))) struct FieldCasesTests {
    /// `<SP>` and `<TAB>` as the bytes they stand for.
    private static func bytes(_ text: String) -> String {
        text.replacing("<SP>", with: " ").replacing("<TAB>", with: "\t")
    }

    private static func first(_ pair: String) -> String { String(pair.prefix { $0 != ":" }) }

    /// A genuine call with one field of its head replaced by `value`.
    private func call(_ ingress: TestIngress, _ field: String, _ value: String) throws -> String {
        let isLifecycle = field == "X-Addon-Lifecycle-Token"
        let id = try ingress.platform.id()
        let body =
            isLifecycle
            ? #"{"addonId":"\#(id.addonID.text)","workspaceId":"\#(id.workspaceID.text)","settings":[]}"# : "{}"
        let isChunked = field == "Transfer-Encoding"
        let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(body.utf8.count)"
        let genuine = isLifecycle ? [try ingress.lifecycleField()] : try ingress.webhookFields()
        var fields = ["Host: addon.example.com", framing] + genuine
        let old = fields.first { Self.first($0).lowercased() == field.lowercased() }
        fields.removeAll { $0 == old }
        let secret = old.map { String($0.dropFirst(field.utf8.count + 2)) } ?? ""
        var text = Self.bytes(value)
        for (mark, meaning) in [
            ("T", isLifecycle || field == "clockify-signature" ? secret : nil),
            ("n", field == "Content-Length" ? secret : nil),
        ] {
            if let meaning, text.hasPrefix(mark) { text = meaning + text.dropFirst() }
        }
        fields.append("\(field): \(text)")
        let path = isLifecycle ? "/lifecycle/settings" : TestIngress.webhookPath
        return Requests.head("POST \(path) HTTP/1.1", fields) + (isChunked ? Requests.chunk(body) + "0\r\n\r\n" : body)
    }

    /// What the cases call the event is not what the test's path knows.
    private func value(_ each: JSONObject) throws -> String {
        let value = try #require(each["value"]?.string)
        return value.hasPrefix("NEW_TIME_ENTRY") ? "NEW_PROJECT" + value.dropFirst("NEW_TIME_ENTRY".count) : value
    }

    @Test(.enabled(if: Cases.areAvailable, Cases.absent))
    func `the cases found from outside are answered as they say`() async throws {
        let cases = try Cases.list("fields")
        #expect(cases.count == 10)
        try await TestIngress.serve { ingress in
            try await ingress.install()
            for each in cases {
                let client = try await ingress.connect()
                let expected: String
                switch try #require(each["status"]) {
                case .number(let status): expected = status
                case let status: expected = try #require(status.string)
                }
                if let line = each["line"]?.string {
                    try await client.send(
                        Requests.head(line, ["Host: a", "Content-Length: 0"] + ingress.webhookFields()))
                } else {
                    try await client.send(try call(ingress, try #require(each["field"]?.string), try value(each)))
                }
                if expected.hasPrefix("100") { #expect(try await client.answer().status == 100, "\(each)") }
                let answer = expected.contains("closed") ? try await client.lastAnswer() : try await client.answer()
                #expect(answer.status == (expected.contains("204") ? 204 : Int(expected)), "\(each)")
                if expected.contains("closed") { #expect(answer.saysClose) }
            }
        }
    }

    @Test(arguments: [" ", "\t", " \t "])
    func `white space behind any field's value is none of it`(blank: String) async throws {
        try await TestIngress.serve { ingress in
            try await ingress.install()
            let request = try ingress.webhook()
            let lines = request.split(separator: "\r\n", omittingEmptySubsequences: false)
            let end = try #require(lines.firstIndex(of: ""))
            let padded = lines.indices.map { (1..<end).contains($0) ? lines[$0] + blank : lines[$0] }
            let client = try await ingress.connect()
            for _ in 0..<2 {
                try await client.send(padded.joined(separator: "\r\n"))
                #expect(try await client.answer().status == 204)
            }
        }
    }

    @Test func `two tokens in one field are none, whatever stands between them`() async throws {
        try await TestIngress.serve { ingress in
            try await ingress.install()
            let fields = try ingress.webhookFields()
            let request = Requests.post(TestIngress.webhookPath, [fields[0] + " ,", fields[1]])
            #expect(try await ingress.ask(request).status == 401)
        }
    }

    @Test(arguments: ["RTSP/1.1", "RTSP/1.0", "ICE/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/0.9"])
    func `another protocol or version is no request, also behind one`(version: String) async throws {
        try await TestIngress.serve { ingress in
            for method in ["POST", "SOURCE", "SETUP"] {
                let request = Requests.head(
                    "\(method) \(TestIngress.webhookPath) \(version)", ["Host: a", "Content-Length: 0"])
                for first in ["", Requests.get("/healthz"), Requests.post("/nothing", body: "x")] {
                    let client = try await ingress.connect()
                    try await client.send(first + request)
                    if !first.isEmpty { _ = try await client.answer() }
                    #expect(try await client.lastAnswer().status == 400)
                }
            }
        }
    }

    @Test func `a query is part of the head's bound and of no other`() async throws {
        try await TestIngress.serve { ingress in
            try await ingress.install()
            for count in [2400, 20_000] {
                let target = TestIngress.webhookPath + "?" + String(repeating: "q", count: count)
                #expect(try await ingress.ask(Requests.post(target, try ingress.webhookFields())).status == 204)
            }
            let long = TestIngress.webhookPath + "?" + String(repeating: "q", count: 32_768)
            let client = try await ingress.connect()
            client.push(Requests.post(long))
            #expect(try await client.lastAnswer().status == 431)
        }
    }

    @Test func `chunk extensions and leading zeros have a bound, for strangers and for genuine calls`() async throws {
        try await TestIngress.serve { ingress in
            try await ingress.install()
            let chunked = "Transfer-Encoding: chunked"
            let genuine = try ingress.webhookFields()
            for fields in [[], genuine] {
                let head = Requests.head("POST \(TestIngress.webhookPath) HTTP/1.1", ["Host: a", chunked] + fields)
                for waste in ["2;" + String(repeating: "x", count: 20_000), String(repeating: "0", count: 20_000)] {
                    let client = try await ingress.connect()
                    client.push(head + waste)
                    #expect(try await client.lastAnswer().status == 413)
                }
                let client = try await ingress.connect()
                client.push(head + String(repeating: "1;abcdefgh\r\n \r\n", count: 3000))
                #expect(try await client.lastAnswer().status == 413)
            }
            let head = Requests.head("POST \(TestIngress.webhookPath) HTTP/1.1", ["Host: a", chunked] + genuine)
            let client = try await ingress.connect()
            for _ in 0..<2 {
                let spaces = String(repeating: "1;a=b\r\n \r\n", count: 3000)
                client.push(head + "0002;" + String(repeating: "x", count: 3000) + "\r\n{}\r\n" + spaces + "0\r\n\r\n")
                #expect(try await client.answer().status == 204)
            }
        }
    }
}
