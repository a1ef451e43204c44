import Foundation
import Installations
import Marketplace
import SQLiteStore
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

extension LifecycleAnswer {
    /// The answer as a test likes to compare it.
    var word: String {
        switch self {
        case .committed(let decision): return decision.outcome
        case .conflict: return "conflict"
        case .malformed(let error): return "\(error)"
        case .refused(let refusal): return refusal.label
        case .tooMany: return "too many"
        case .unavailable: return "unavailable"
        }
    }
}

@Suite struct InstallationManagerTests {
    private let deployment: TestDeployment
    private let id: InstallationID

    init() async throws {
        deployment = try await TestDeployment()
        id = try deployment.platform.id()
    }

    private func receive(_ type: LifecycleType, _ body: String, token: String? = nil) async throws -> String {
        await deployment.lifecycle(type, try token ?? deployment.lifecycleToken(id), Array(body.utf8)).word
    }

    private let ids = #""addonId":"inst1","workspaceId":"ws1""#

    @Test func `the life of an installation`() async throws {
        #expect(try await deployment.install(id).word == "installed")
        #expect(try await deployment.install(id).word == "tokens replaced")
        #expect(try await receive(.statusChanged, "{\(ids),\"status\":\"INACTIVE\"}") == "status INACTIVE")
        #expect(try await receive(.statusChanged, "{\(ids),\"status\":\"PAUSED\"}") == "ignored: unknown status")
        #expect(try await receive(.settingsUpdated, "{\(ids),\"settings\":[]}") == "settings stored")
        #expect(try await receive(.deleted, "{\(ids)}") == "deleted")
        #expect(try await receive(.deleted, "{\(ids)}") == "ignored: ended installation")
        #expect(try await deployment.install(id).word == "conflict")
    }

    @Test func `an installation is changed so often and no more, but it can always be deleted and installed anew`()
        async throws
    {
        let deployment = try await TestDeployment(changes: 3)
        func receive(_ type: LifecycleType, of id: InstallationID, _ more: String) async throws -> String {
            let body = #"{"addonId":"\#(id.addonID.text)","workspaceId":"\#(id.workspaceID.text)"\#(more)}"#
            return await deployment.lifecycle(type, try deployment.lifecycleToken(id), Array(body.utf8)).word
        }
        func change() async throws -> String { try await receive(.settingsUpdated, of: id, #","settings":[]"#) }
        #expect(try await deployment.install(id).word == "installed")
        for word in ["settings stored", "settings stored", "settings stored", "too many"] {
            #expect(try await change() == word)
        }
        #expect(try await deployment.install(id).word == "too many")
        // Another installation has a rate of its own, and time goes by.
        let other = try deployment.platform.id("ws2", "inst2")
        #expect(try await deployment.install(other).word == "installed")
        deployment.clock.advance(seconds: 600)
        for word in ["settings stored", "settings stored", "settings stored", "too many"] {
            #expect(try await change() == word)
        }
        #expect(try await receive(.statusChanged, of: id, #","status":"INACTIVE""#) == "too many")
        #expect(try await receive(.deleted, of: id, "") == "deleted")
        #expect(try await deployment.install(try deployment.platform.id("ws1", "inst3")).word == "installed")
    }

    @Test func `calls about an unknown installation create nothing but a tombstone`() async throws {
        #expect(try await receive(.statusChanged, "{\(ids),\"status\":\"ACTIVE\"}") == "ignored: unknown installation")
        #expect(try await receive(.settingsUpdated, "{\(ids),\"settings\":[]}") == "ignored: unknown installation")
        #expect(try await deployment.test.store.installation(id) == nil)
        #expect(try await receive(.deleted, "{\(ids)}") == "tombstone created")
        #expect(try await deployment.test.store.installation(id)?.status == .deleted)
    }

    @Test func `a body that names another workspace or installation is refused`() async throws {
        for body in [#"{"addonId":"inst1","workspaceId":"ws2"}"#, #"{"addonId":"inst2","workspaceId":"ws1"}"#] {
            #expect(try await receive(.deleted, body) == "ids_differ")
        }
    }

    @Test func `a body that is not what the route needs is malformed and changes nothing`() async throws {
        #expect(try await receive(.deleted, "[]") == "the body is not a JSON object")
        #expect(try await receive(.deleted, "{\(ids)") == "the body is not JSON")
        #expect(try await receive(.deleted, #"{"addonId":"inst1"}"#) == "workspaceId is missing")
        #expect(try await receive(.statusChanged, "{\(ids)}") == "status is missing")
        #expect(try await receive(.settingsUpdated, "[]") == "the body is not a JSON object")
        #expect(try await receive(.installed, "{\(ids)}") == "authToken is missing")
        #expect(try await deployment.test.store.installation(id) == nil)
    }

    @Test func `a member's user token is no lifecycle token, unless the operator says so`() async throws {
        for claim in ["workspaceRole", "language", "theme"] {
            let user = try deployment.platform.token(id, more: [(claim, .string("x"))])
            #expect(try await receive(.deleted, "{\(ids)}", token: user) == "user_claims")
            let lenient = try await TestDeployment(refuseUserClaims: false)
            let answer = await lenient.lifecycle(.deleted, user, Array("{\(ids)}".utf8))
            #expect(answer.word == "tombstone created")
        }
    }

    /// The tokens that the installation was given.
    private func handedOut() throws -> [String] {
        [
            try deployment.platform.installationToken(id),
            try deployment.platform.webhookToken(id, "/webhooks/time"),
            try deployment.platform.webhookToken(id, "/webhooks/project"),
        ]
    }

    /// Puts the installation into memory, or out of it.
    private func remember(_ isInMemory: Bool) async throws {
        if isInMemory { _ = try await deployment.loader.load(id) } else { deployment.directory.evict(id) }
    }

    /// Everything that a call changes or records.
    private func traces() async throws -> [String] {
        let store = deployment.test.store
        let installation = try #require(try await store.installation(id))
        let tokens = try await store.credentials(of: id).map { $0.webhookTokens.map(\.token) }
        let audit = try await store.auditRecords(since: nil, of: nil, page: PageRequest())
        let events = try await store.events(matching: EventFilter(), page: PageRequest())
        return ["\(installation)", "\(tokens.map { $0.map(\.bytes) } ?? [])"] + audit.items.map(\.entry.outcome)
            + events.items.map(\.type)
    }

    @Test(arguments: [false, true])
    func `a token that was handed out is no lifecycle token, in memory or not`(isInMemory: Bool) async throws {
        _ = try await deployment.install(id)
        deployment.clock.advance(seconds: 1)
        let before = try await traces()
        let calls: [(LifecycleType, String)] = [
            (.installed, String(decoding: try deployment.platform.installedBody(id, tokens: "second"), as: UTF8.self)),
            (.statusChanged, "{\(ids),\"status\":\"INACTIVE\"}"), (.statusChanged, "{\(ids),\"status\":\"PAUSED\"}"),
            (.settingsUpdated, "{\(ids),\"settings\":[]}"), (.deleted, "{\(ids)}"),
        ]
        try await remember(isInMemory)
        for token in try handedOut() {
            for (type, body) in calls {
                #expect(try await receive(type, body, token: token) == "stored_token", "\(type)")
                // Whoever has seen a token cannot keep the installation out of memory with it.
                #expect((deployment.directory.find(id) != nil) == isInMemory)
            }
        }
        #expect(try await traces() == before)
        for (type, body) in calls { #expect(try await receive(type, body) != "stored_token", "\(type)") }
        #expect(try await deployment.test.store.installation(id)?.status == .deleted)
    }

    @Test func `a token that was handed out is refused for that, whatever is wrong with the body`() async throws {
        _ = try await deployment.install(id)
        let before = try await traces()
        let forged = try deployment.platform.token(id, by: TestPlatform.stranger())
        let calls: [(LifecycleType, String)] = [
            (.deleted, "[]"), (.deleted, "{\(ids)"), (.deleted, #"{"addonId":"inst1"}"#), (.statusChanged, "{\(ids)}"),
            (.settingsUpdated, "[]"), (.installed, "{\(ids)}"), (.deleted, #"{"addonId":"inst1","workspaceId":"ws2"}"#),
            (.installed, "{\(ids),\"authToken\":\"\(forged)\"}"),
        ]
        for isInMemory in [false, true] {
            for token in try handedOut() {
                for (type, body) in calls {
                    try await remember(isInMemory)
                    #expect(try await receive(type, body, token: token) == "stored_token", "\(type) \(body)")
                }
            }
        }
        #expect(try await traces() == before)
    }

    @Test func `a token is known after its installation ended, whatever the body says`() async throws {
        _ = try await deployment.install(id)
        #expect(try await deployment.manager.forget(id, actor: .system) == .ended)
        for token in try handedOut() {
            #expect(try await receive(.deleted, "{\(ids)}", token: token) == "stored_token")
            #expect(try await receive(.deleted, "[]", token: token) == "stored_token")
        }
    }

    @Test func `a token that is not genuine or of another add-on is refused`() async throws {
        let stranger = try deployment.platform.token(id, by: TestPlatform.stranger())
        #expect(try await receive(.deleted, "{\(ids)}", token: stranger) == "signature")
        let other = try #require(AddonKey("other-addon"))
        let foreign = InstallationID(addonKey: other, workspaceID: id.workspaceID, addonID: id.addonID)
        #expect(try await receive(.deleted, "{\(ids)}", token: deployment.platform.token(foreign)) == "subject")
    }

    @Test func `an install with an inner token that is forged, of a user or of another installation is refused`()
        async throws
    {
        let platform = deployment.platform
        func install(_ installation: String, _ webhook: String) async throws -> String {
            try await receive(
                .installed,
                "{\(ids),\"authToken\":\"\(installation)\",\"webhooks\":[{\"path\":\"/webhooks/time\",\"authToken\":\"\(webhook)\"}]}"
            )
        }
        let good = try platform.token(id, salt: "good")
        let forged = try platform.token(id, by: TestPlatform.stranger())
        let others = try platform.token(try platform.id("ws2", "inst1"))
        let user = try platform.token(id, more: [("theme", .string("DARK"))])
        for (bad, word) in [(forged, "inner_signature"), (others, "inner_of_another"), (user, "inner_user_claims")] {
            #expect(try await install(bad, good) == word)
            #expect(try await install(good, bad) == word)
        }
        #expect(try await deployment.test.store.installation(id) == nil)
        #expect(try await install(good, good) == "installed")
    }

    @Test func `a webhook token that is repeated vouches for no other`() async throws {
        let good = try deployment.platform.token(id, salt: "good")
        let other = try deployment.platform.token(id, salt: "other")
        let forged = try deployment.platform.token(id, by: TestPlatform.stranger())
        func install(_ tokens: [String]) async throws -> String {
            let webhooks = tokens.enumerated().map { #"{"path":"/webhooks/w\#($0)","authToken":"\#($1)"}"# }
            return try await receive(
                .installed, "{\(ids),\"authToken\":\"\(good)\",\"webhooks\":[\(webhooks.joined(separator: ","))]}")
        }
        for tokens in [
            [good, good, forged], [good, forged, good], [forged, good, good], [good, forged, forged],
            [good, other, forged, good],
        ] {
            #expect(try await install(tokens) == "inner_signature")
        }
        #expect(try await install([good, good, other, good]) == "installed")
    }

    @Test func `only an https URL of the platform is kept as API base URL`() async throws {
        for (workspace, url, kept) in [
            ("a", "https://euc1.clockify.me/api/", "https://euc1.clockify.me/api"),
            ("b", "http://api.clockify.me/api", ""),
            ("c", "https://clockify.me.evil.example/api", ""), ("d", "https://user@api.clockify.me/api", ""),
        ] {
            let id = try deployment.platform.id(workspace, "i")
            let token = try deployment.platform.token(id, more: [("backendUrl", .string(url))], salt: "x")
            let body = #"{"addonId":"i","workspaceId":"\#(workspace)","authToken":"\#(token)"}"#
            let answer = await deployment.lifecycle(.installed, try deployment.lifecycleToken(id), Array(body.utf8))
            #expect(answer.word == "installed")
            #expect(try await deployment.test.store.installation(id)?.apiURL == kept)
        }
    }

    @Test func `the inbox gets the payload less every token`() async throws {
        _ = try await deployment.install(id)
        let event = try #require(
            try await deployment.test.store.events(matching: .init(), page: PageRequest()).items.first)
        let body = try #require(
            try await deployment.test.store.eventBody(event.id, actor: .system, at: deployment.clock.now))
        let text = String(decoding: body, as: UTF8.self)
        #expect(text.contains("\"workspaceId\":\"ws1\""))
        #expect(text.contains("\"unknown\":[1]"))
        #expect(!text.contains("authToken") && !text.contains("eyJ"))
    }

    @Test func `no path keeps a token in the clear`() async throws {
        let token = try deployment.platform.token(id)
        let paths = ["/webhooks/time?token=\(token)", "/\(token)", "/webhooks/project"]
        let webhooks = paths.map { #"{"path":"\#($0)","authToken":"\#(token)"}"# }.joined(separator: ",")
        let body = "{\(ids),\"authToken\":\"\(token)\",\"webhooks\":[\(webhooks)]}"
        #expect(try await receive(.installed, body) == "installed")
        let credentials = try #require(try await deployment.test.store.credentials(of: id))
        #expect(Set(credentials.webhookTokens.map(\.path.text)) == ["/webhooks/project", "/webhooks/time"])
        for name in ["store.sqlite", "store.sqlite-wal"] {
            let file = try Data(contentsOf: URL(filePath: "\(deployment.test.directory.path)/\(name)"))
            // In pieces: a long row goes on in another page.
            for start in stride(from: 0, to: token.utf8.count - 40, by: 40) {
                #expect(file.range(of: Data(token.utf8.dropFirst(start).prefix(40))) == nil, "\(name)")
            }
        }
    }

    @Test func `an operator's forget is a DELETED`() async throws {
        _ = try await deployment.install(id)
        #expect(try await deployment.manager.forget(id, actor: .local(userID: 0)) == .ended)
        #expect(try await deployment.test.store.installation(id)?.status == .deleted)
        let audit = try await deployment.test.store.auditRecords(since: nil, of: id, page: PageRequest(limit: 1))
        #expect(audit.items.first?.entry.action == "installation.forget")
    }

    @Test func `an INSTALLED whose own token is among those it brings installs nothing and supersedes nobody`()
        async throws
    {
        _ = try await deployment.install(id)
        let other = try deployment.platform.id("ws1", "inst2")
        let body = String(decoding: try deployment.platform.installedBody(other), as: UTF8.self)
        for token in [
            try deployment.platform.installationToken(other),
            try deployment.platform.webhookToken(other, "/webhooks/time"),
        ] {
            #expect(try await receive(.installed, body, token: token) == "stored_token")
        }
        #expect(try await deployment.test.store.installation(other) == nil)
        #expect(try await deployment.test.store.installation(id)?.status == .active)
    }

    @Test func `a token that was replaced, or whose installation ended, does nothing any more`() async throws {
        _ = try await deployment.install(id)
        _ = try await deployment.install(id, tokens: "second")
        let calls: [(LifecycleType, String)] = [
            (.installed, String(decoding: try deployment.platform.installedBody(id), as: UTF8.self)),
            (.statusChanged, "{\(ids),\"status\":\"INACTIVE\"}"), (.deleted, "{\(ids)}"),
        ]
        for token in try handedOut() {
            for (type, body) in calls { #expect(try await receive(type, body, token: token) == "stored_token") }
        }
        #expect(try await deployment.test.store.installation(id)?.status == .active)
        #expect(try await receive(.deleted, "{\(ids)}") == "deleted")
        for token in try handedOut() {
            for (type, body) in calls { #expect(try await receive(type, body, token: token) == "stored_token") }
        }
    }

    @Test func `an INSTALLED that was signed before the newest is no INSTALLED`() async throws {
        let now = deployment.clock.now.seconds
        func install(_ issuedAt: Int64, tokens: String) async throws -> String {
            let token = try deployment.platform.token(id, more: [("iat", .number("\(issuedAt)"))], salt: tokens)
            let body = try deployment.platform.installedBody(id, tokens: tokens)
            return try await receive(.installed, String(decoding: body, as: UTF8.self), token: token)
        }
        #expect(try await install(now, tokens: "first") == "installed")
        #expect(try await install(now - 61, tokens: "second") == "stale_token")
        #expect(try await install(now - 60, tokens: "third") == "tokens replaced")
    }
}
