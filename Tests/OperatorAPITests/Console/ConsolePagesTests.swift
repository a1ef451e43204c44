import Foundation
import HTTPTypes
import HummingbirdTesting
import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

@testable import OperatorAPI

/// What the pages show, and what they never do.
@Suite(.timeLimit(.minutes(1))) struct ConsolePagesTests {
    /// What somebody else chose, in every way that could make it more than text.
    private let evil = "<script>alert(1)</script>\"\u{301} onload='x' {{page.csrf}} <img src=x> ]]>"

    private func serving(
        as scopes: Scope..., body: @escaping @Sendable (Harness, ConsoleClient) async throws -> Void
    ) async throws {
        let harness = try await Harness()
        let key = try await harness.bearerOf(Set(scopes))[.authorization]
        let text = try #require(key).dropFirst("Bearer ".count)
        try await harness.deployment.running { () async throws in
            try await harness.serving { client in
                let browser = ConsoleClient(client)
                let answer = try await browser.logIn(with: String(text))
                #expect(answer.status == 303)
                try await body(harness, browser)
            }
        }
    }

    @Test func `an installation is listed, shown with its webhooks and events, and no secret of it`() async throws {
        try await serving(as: .read) { harness, browser in
            #expect(try await browser.get("/installations").body.contains("Nobody has installed anything yet"))
            let id = try harness.deployment.platform.id()
            _ = try await harness.deployment.install(id)
            _ = try await harness.deployment.webhook(
                try harness.deployment.platform.webhookToken(id, "/webhooks/time"), body: #"{"a":1}"#)
            let list = try await browser.get("/installations").body
            #expect(list.contains(#"<a href="/installations/test-addon/ws1/inst1">ws1</a>"#))
            let page = try await browser.get("/installations/test-addon/ws1/inst1").body
            for part in ["ACTIVE", "/webhooks/time", "NEW_TIME_ENTRY, TIME_ENTRY_UPDATED", "addon.installed"] {
                #expect(page.contains(part), "\(part)")
            }
            #expect(!page.contains("eyJ"))
            #expect(try await browser.get("/installations?workspaceId=ws2").body.contains("None that match."))
            #expect(try await browser.get("/installations/test-addon/ws2/inst1").status == 404)
            #expect(try await browser.get("/installations?stauts=all").status == 400)
        }
    }

    @Test func `lists go on where they ended, with what was chosen`() async throws {
        try await serving(as: .read) { harness, browser in
            for number in 1...InstallationPages.rows + 1 {
                _ = try await harness.deployment.install(try harness.deployment.platform.id("ws\(number)", "i"))
            }
            let first = try await browser.get("/installations?addonKey=test-addon").body
            let next = try #require(first.firstMatch(of: #/<a href="([^"]+)" rel="next">/#)?.1).description
            #expect(next.hasPrefix("/installations?addonKey=test-addon&amp;cursor="))
            let second = try await browser.get(next.replacing("&amp;", with: "&")).body
            #expect(second.contains(">ws1</a>") && !second.contains(">ws2</a>"))
            #expect(second.contains(#"<a href="/installations?addonKey=test-addon">Newest</a>"#))
        }
    }

    @Test func `a body is shown to an administrator who asks for it, as text, and that is on record`() async throws {
        try await serving(as: .admin) { [evil] harness, browser in
            let id = try harness.deployment.platform.id()
            _ = try await harness.deployment.install(id)
            let text = String(decoding: try JSONEncoder().encode(["text": evil]), as: UTF8.self)
            _ = try await harness.deployment.webhook(
                try harness.deployment.platform.webhookToken(id, "/webhooks/time"), body: text)
            let list = try await browser.get("/events").body
            let event = try #require(list.firstMatch(of: #/"(\/events\/evt_[0-9a-z]+)">NEW_TIME_ENTRY/#)?.1).description
            let page = try await browser.get(event).body
            #expect(!page.contains("<pre class=\"body\""))
            let shown = try await browser.post("\(event)/body", ["csrf": try #require(page.csrf)]).body
            #expect(shown.contains("<pre class=\"body\"") && shown.contains("&lt;script&gt;"))
            expectTextOnly(shown)
            let records = try await browser.get("/audit").body
            #expect(records.contains("event.body"))
        }
    }

    @Test func `a dead letter is replayed by who asks for it`() async throws {
        try await serving(as: .admin) { harness, browser in
            let id = try harness.deployment.platform.id()
            _ = try await harness.deployment.install(id)
            let store = harness.deployment.test.store
            let event = try #require(
                try await store.events(matching: EventFilter(), page: PageRequest()).items.first?.id)
            var page = try await browser.get("/events/\(event.text)").body
            #expect(!page.contains("/replay"), "it waits")
            let csrf = try #require(page.csrf)
            #expect(try await browser.post("/events/\(event.text)/replay", ["csrf": "x"]).status == 403)
            _ = try await store.settle([
                Settlement(event: event, change: .dead(.timeout), at: harness.deployment.clock.now)
            ])
            page = try await browser.get("/events/\(event.text)").body
            #expect(page.contains("/events/\(event.text)/replay"))
            #expect(try await browser.post("/events/\(event.text)/replay", ["csrf": csrf]).status == 303)
            #expect(try await browser.get("/events/\(event.text)").body.contains("pending"))
        }
    }

    @Test func `a target is paused and resumed from its page, by who may`() async throws {
        try await serving(as: .admin) { harness, browser in
            let target = TargetID(addonKey: harness.deployment.platform.manifest.key)
            let pauses = harness.deployment.test.store.pauses
            var page = try await browser.get("/targets").body
            #expect(page.contains("delivering") && page.contains("Pause test-addon"))
            let (path, csrf) = ("/targets/test-addon/default", try #require(page.csrf))
            #expect(try await browser.post("\(path)/pause", ["csrf": "x"]).status == 403)
            #expect(pauses.since(target) == nil)
            #expect(try await browser.post("\(path)/pause", ["csrf": csrf]).status == 303)
            #expect(pauses.since(target) != nil)
            page = try await browser.get("/targets").body
            #expect(page.contains("paused") && page.contains("Resume test-addon"))
            #expect(try await browser.post("\(path)/resume", ["csrf": csrf]).status == 303)
            #expect(pauses.since(target) == nil)
        }
        try await serving(as: .read) { harness, browser in
            let page = try await browser.get("/targets").body
            #expect(page.contains("delivering") && !page.contains("Pause test-addon"))
            let csrf = try #require(page.csrf)
            #expect(try await browser.post("/targets/test-addon/default/pause", ["csrf": csrf]).status == 403)
        }
    }

    @Test func `the overview draws what happened, and has it as a table`() async throws {
        try await serving(as: .read) { harness, browser in
            let (store, clock) = (harness.deployment.test.store, harness.deployment.clock)
            try await store.addHistory([.accepted: 7, .refused("signature"): 3, .started: 1], [], at: clock.now)
            let page = try await browser.get("/overview?window=24h").body
            for part in ["<polyline", "accepted", "signature", "class=\"mark\"", ">7</td>", ">3</td>"] {
                #expect(page.contains(part), "\(part)")
            }
            #expect(!page.contains(" style="), "no style of its own is allowed")
            #expect(try await browser.get("/overview?window=2h").status == 400)
        }
    }

    @Test func `events that were searched for in vain say how far back`() async throws {
        try await serving(as: .read) { harness, browser in
            _ = try await harness.deployment.install(try harness.deployment.platform.id())
            #expect(try await browser.get("/events?type=NEW_PROJECT").body.contains("None that match."))
            #expect(try await browser.get("/events?type=addon.installed").body.contains("addon.installed</a>"))
            #expect(try await browser.get("/events?since=2999-01-01T00:00:00Z").body.contains("None that match."))
            #expect(try await browser.get("/events?since=soon").status == 400)
        }
    }

    @Test func `whatever somebody else chose stays text`() async throws {
        try await serving(as: .admin) { [evil] harness, browser in
            let (store, now) = (harness.deployment.test.store, harness.deployment.clock.now)
            _ = try await store.createAPIKey(name: evil, scopes: [.read], actor: .system, at: now)
            try await store.append(
                AuditEntry(at: now, actor: evil, action: evil, subject: evil, outcome: evil, detail: evil))
            for path in [
                "/access", "/audit", "/login?next=\(evil.asPathPart)", "/events?workspaceId=\(evil.asPathPart)",
            ] {
                let body = try await browser.get(path).body
                expectTextOnly(body)
            }
            #expect(try await browser.get("/access").body.contains("&lt;script&gt;"))
            #expect(try await browser.get("/audit").body.contains("{{page.csrf}}"), "no template is made of it")
        }
    }

    private func expectTextOnly(_ page: String) {
        for part in ["<script", "<img src=x", "\"\u{301} onload", "' onload", "onload='"] {
            #expect(page.firstRange(of: part) == nil && !page.utf8.contains(part), "\(part)")
        }
    }

    @Test func `the overview says what needs attention, and where to look`() async throws {
        try await serving(as: .read) { harness, browser in
            #expect(try await browser.get("/overview").body.contains(">All is well: no event waits</h1>"))
            _ = try await harness.deployment.install(try harness.deployment.platform.id())
            harness.deployment.clock.advance(seconds: 16 * 60)
            let page = try await browser.get("/overview").body
            #expect(page.contains(">One thing needs you</h1>"))
            #expect(page.contains("An event waits since") && page.contains("/events?state=pending"))
        }
    }
}

extension String.UTF8View {
    /// By bytes, as a browser reads: to Swift a mark over a letter makes it another one.
    fileprivate func contains(_ part: String) -> Bool { Array(self).firstRange(of: Array(part.utf8)) != nil }
}
