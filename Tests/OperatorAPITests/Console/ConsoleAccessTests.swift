import HTTPTypes
import HummingbirdTesting
import Installations
import TestSupport
import Testing

@testable import OperatorAPI

/// Who gets into the console, and who does not.
@Suite struct ConsoleAccessTests {
    private static let pages = ["/overview", "/installations", "/events", "/keys", "/audit", "/access", "/doctor"]

    @Test func `whoever has no session is sent to log in, and comes back to the page that was asked for`() async throws
    {
        let harness = try await Harness()
        let key = try await harness.key(.admin)
        try await harness.serving { client in
            for path in Self.pages + ["/events/abc", "/installations?status=all"] {
                let answer = try await client.ask(.get, path)
                #expect(answer.status == 303)
                #expect(answer.headers[.location] == "/login?next=\(path.asPathPart)")
            }
            let browser = ConsoleClient(client)
            let answer = try await browser.logIn(with: key, next: "/installations?status=all")
            #expect(answer.status == 303 && answer.headers[.location] == "/installations?status=all")
            for path in Self.pages { #expect(try await browser.get(path).status == 200, "\(path)") }
        }
    }

    @Test(arguments: ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\u{1}", "overview"])
    func `nobody is led elsewhere`(next: String) { #expect(ConsolePath(next).text == "/overview") }

    @Test func `the cookie is the console's own, and no script reads it`() async throws {
        let harness = try await Harness()
        let key = try await harness.key(.read)
        try await harness.serving { client in
            let answer = try await ConsoleClient(client).logIn(with: key)
            let cookie = try #require(answer.headers[values: .setCookie].first { $0.hasPrefix("innkeeper_session=") })
            #expect(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict") && !cookie.contains("Secure"))
            #expect(!cookie.contains(key))
        }
    }

    @Test func `a key that opens nothing is refused, and who tries often waits`() async throws {
        let harness = try await Harness()
        let (weak, good) = (try await harness.key(.tokens), try await harness.key(.read))
        try await harness.serving { client in
            let browser = ConsoleClient(client)
            for key in [weak] + Array(repeating: "ik_00000000_00", count: FailedLogins.most - 1) {
                #expect(try await browser.logIn(with: key).status == 401)
            }
            let answer = try await browser.logIn(with: good)
            #expect(answer.status == 429)
            #expect((1...60).contains(Int(answer.headers[.retryAfter] ?? "") ?? 0))
            #expect(!browser.keeps("innkeeper_session"))
            harness.deployment.clock.advance(seconds: 60)
            #expect(try await browser.logIn(with: good).status == 303)
        }
    }

    @Test func `a form that was made for somebody else does nothing`() async throws {
        let harness = try await Harness()
        let key = try await harness.key(.admin)
        try await harness.serving { client in
            let (browser, other) = (ConsoleClient(client), ConsoleClient(client))
            _ = try await browser.logIn(with: key)
            _ = try await other.logIn(with: key)
            let foreign = try #require(try await other.get("/overview").body.csrf)
            for csrf in [foreign, "", "0"] {
                #expect(try await browser.post("/logout", ["csrf": csrf]).status == 403)
            }
            #expect(try await browser.get("/overview").status == 200)
            let own = try #require(try await browser.get("/overview").body.csrf)
            #expect(try await browser.post("/logout", ["csrf": own]).status == 303)
            #expect(try await browser.get("/overview").status == 303)
            #expect(try await other.get("/overview").status == 200)
            // One that logs in is made for its browser, too.
            let stranger = ConsoleClient(client)
            let made = try #require(try await stranger.get("/login").body.csrf)
            let third = ConsoleClient(client)
            #expect(try await third.get("/login").status == 200)
            #expect(try await third.post("/login", ["csrf": made, "key": key]).status == 403)
        }
    }

    @Test func `a post without a session is refused and not led away`() async throws {
        let harness = try await Harness()
        try await harness.serving { client in
            for path in ["/logout", "/events/abc/replay", "/events/abc/body", "/access/keys/abc/revoke"] {
                let answer = try await client.ask(.post, path, body: "csrf=1")
                #expect(answer.status == 401, "\(path)")
            }
        }
    }

    @Test func `a host that is not the console's is misdirected, and so is a form from elsewhere`() async throws {
        let harness = try await Harness()
        let key = try await harness.key(.read)
        try await harness.serving(console: ConsoleOrigins(["https://innkeeper.example.com"])) { client in
            for path in ["/login", "/overview", "/assets/console.css"] {
                let answer = try await client.ask(.get, path)
                #expect(answer.status == 421 && answer.body.contains("console.origins"), "\(path)")
            }
            // Programs come with a key, under whatever name.
            #expect(try await client.ask(.get, "/api/v1/installations").status == 401)
        }
        try await harness.serving { client in
            let browser = ConsoleClient(client)
            _ = try await browser.logIn(with: key)
            browser.headers[.origin] = "https://evil.example"
            #expect(try await browser.post("/logout", ["csrf": "1"]).status == 421)
            browser.headers[.origin] = "null"
            #expect(try await browser.post("/logout", ["csrf": "1"]).status == 421)
        }
    }

    @Test func `a link from another site works, though it brings no cookie`() async throws {
        let harness = try await Harness()
        try await harness.serving { client in
            let fields: HTTPFields = [HTTPField.Name("sec-fetch-site")!: "cross-site"]
            let answer = try await client.ask(.get, "/login?next=%2Fevents", fields)
            #expect(answer.status == 200)
            #expect(answer.body.contains("http-equiv=\"refresh\" content=\"0; url=/events\""))
        }
    }

    @Test func `what needs an administrator is no business of a reader`() async throws {
        let harness = try await Harness()
        let (reader, bound) = (try await harness.key(.read), try await harness.key(.read, addons: ["other"]))
        try await harness.serving { client in
            let browser = ConsoleClient(client)
            _ = try await browser.logIn(with: reader)
            for path in ["/audit", "/access", "/doctor"] {
                let answer = try await browser.get(path)
                #expect(answer.status == 403 && answer.body.contains("Not yours to see"), "\(path)")
            }
            #expect(try await browser.get("/keys").status == 200)
            #expect(try await !browser.get("/overview").body.contains("href=\"/audit\""))
            let small = ConsoleClient(client)
            _ = try await small.logIn(with: bound)
            #expect(try await small.get("/keys").status == 403)
            #expect(try await small.get("/overview").status == 200)
        }
    }

    @Test func `a session ends with its key, and by whoever may end it`() async throws {
        let harness = try await Harness()
        let (admin, reader) = (try await harness.key(.admin), try await harness.key(.read))
        try await harness.serving { client in
            let (browser, first, second) = (ConsoleClient(client), ConsoleClient(client), ConsoleClient(client))
            _ = try await browser.logIn(with: admin)
            for one in [first, second] {
                harness.deployment.clock.advance(seconds: 1)
                _ = try await one.logIn(with: reader)
            }
            let page = try await browser.get("/access")
            let csrf = try #require(page.body.csrf)
            let sessions = page.body.matches(of: #/\/access\/sessions\/([0-9a-f]{16})\/end/#).map { String($0.1) }
            #expect(sessions.count == 3)
            // The newest comes first.
            #expect(try await browser.post("/access/sessions/\(sessions[0])/end", ["csrf": csrf]).status == 303)
            #expect(try await second.get("/overview").status == 303)
            #expect(try await first.get("/overview").status == 200)
            let id = reader.split(separator: "_")[1]
            #expect(try await browser.post("/access/keys/\(id)/revoke", ["csrf": csrf]).status == 303)
            #expect(try await first.get("/overview").status == 303)
        }
    }

    @Test func `under a name of TLS cookies are of that host alone, and the browser is told to stay with TLS`()
        async throws
    {
        let harness = try await Harness()
        try await harness.serving(console: ConsoleOrigins(["https://localhost"])) { client in
            let answer = try await client.ask(.get, "/login")
            #expect(answer.status == 200)
            let cookie = try #require(answer.headers[values: .setCookie].first)
            #expect(cookie.hasPrefix("__Host-innkeeper_login=") && cookie.hasSuffix("; Secure"))
            #expect(answer.headers[.strictTransportSecurity] == "max-age=31536000")
        }
    }

    @Test func `every answer keeps a browser from doing more than showing it`() async throws {
        let harness = try await Harness()
        try await harness.serving { client in
            for path in ["/login", "/overview", "/assets/console.css"] {
                let headers = try await client.ask(.get, path).headers
                let policy = try #require(headers[.contentSecurityPolicy])
                #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe"))
                #expect(headers[HTTPField.Name("x-frame-options")!] == "DENY")
                #expect(headers[.xContentTypeOptions] == "nosniff")
            }
        }
    }

    @Test func `through the socket there is no console`() async throws {
        let harness = try await Harness()
        try await harness.serving(.local(userID: 1)) { client in
            let answer = try await client.ask(.get, "/login")
            #expect(answer.status == 404)
        }
    }
}
