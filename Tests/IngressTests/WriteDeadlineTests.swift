import Installations
import Marketplace
import TestSupport
import Testing
import Webhooks

@testable import Ingress

/// What becomes of a write whose request's deadline passes: 503 and nothing is written, or the true answer, or none.
@Suite(.timeLimit(.minutes(3))) struct WriteDeadlineTests {
    /// Long enough that on a busy machine a request has come where the test holds it; what is held is overdue however long
    /// this is.
    private static func shorten(_ options: inout TestIngress.Options) {
        options.configuration.requestDeadline = .seconds(20)
    }

    @Test func `a webhook that waits for the writer past its deadline is 503, and never in the inbox`() async throws {
        let held = Gate(isOpen: true)
        try await TestIngress.serve {
            Self.shorten(&$0)
            $0.held = held
        } _: { ingress in
            try await ingress.installDirectly()
            held.close()
            let late = try await ingress.connect(first: try ingress.webhook(#"{"name":"late"}"#))
            await held.arrived(2)
            let answer = try await late.lastAnswer()
            #expect(answer.status == 503 && answer.fields["retry-after"] == "2")
            #expect(ingress.store.events.isEmpty)
            held.open()
            // The writer takes them in their order: when this one is there, the late one has had its turn.
            #expect(try await ingress.takeDirectly())
            #expect(ingress.store.events.count == 1)
            #expect(ingress.refusals(.webhook, "deadline") == 1)
        }
    }

    @Test func `a webhook that waits in the queue past its deadline is 503, and never in the inbox`() async throws {
        let held = Gate(isOpen: true)
        try await TestIngress.serve {
            Self.shorten(&$0)
            $0.held = held
        } _: { ingress in
            try await ingress.installDirectly()
            held.close()
            let first = try await ingress.connect(first: try ingress.webhook())
            await held.arrived(2)
            // The writer has the first one; these wait behind it.
            var others: [RawClient] = []
            for _ in 0..<3 { others.append(try await ingress.connect(first: try ingress.webhook())) }
            for client in [first] + others { #expect(try await client.lastAnswer().status == 503) }
            held.open()
            #expect(try await ingress.takeDirectly())
            #expect(ingress.store.events.count == 1)
        }
    }

    @Test func `a webhook whose commit has begun is answered truly after its deadline`() async throws {
        try await TestIngress.serve {
            Self.shorten(&$0)
            $0.configuration.outcomeTimeout = .seconds(600)
        } _: { ingress in
            try await ingress.installDirectly()
            ingress.store.commits.close()
            let client = try await ingress.connect(first: try ingress.webhook())
            await ingress.store.commits.arrived(2)
            // A younger request is over: so is this one's deadline.
            let other = try await ingress.connect(first: "GET /healthz HTTP/1.1\r\n")
            _ = await other.rest()
            #expect(ingress.store.events.count == 1)
            ingress.store.commits.open()
            #expect(try await client.lastAnswer().status == 204)
            #expect(ingress.store.events.count == 1)
        }
    }

    @Test func `a commit that has begun and does not end closes the connection without an answer`() async throws {
        try await TestIngress.serve {
            Self.shorten(&$0)
            $0.configuration.outcomeTimeout = .milliseconds(100)
        } _: { ingress in
            try await ingress.installDirectly()
            ingress.store.commits.close()
            let webhook = try await ingress.connect(first: try ingress.webhook())
            // It waits for its answer; the writer is free for the next.
            await ingress.store.commits.arrived(2)
            let call = try await ingress.connect(first: try ingress.lifecycleCall("deleted"))
            #expect(await webhook.rest() == [])
            #expect(await call.rest() == [])
            #expect(ingress.refusals(.none, "outcome_unknown") == 2)
            ingress.store.commits.open()
        }
    }

    @Test func `a lifecycle call that waits for the writer past its deadline is 503, and changes nothing`() async throws
    {
        let held = Gate()
        try await TestIngress.serve {
            Self.shorten(&$0)
            $0.held = held
        } _: { ingress in
            let late = try await ingress.connect(first: try ingress.installed())
            await held.arrived()
            let answer = try await late.lastAnswer()
            #expect(answer.status == 503 && answer.fields["retry-after"] == "2")
            held.open()
            try await ingress.deleteDirectly()
            #expect(ingress.store.outcomes == ["tombstone created"])
        }
    }

    @Test func `a webhook whose tokens are still being read at its deadline is 503, and never in the inbox`()
        async throws
    {
        try await TestIngress.serve {
            Self.shorten(&$0)
        } _: { ingress in
            try await ingress.installDirectly()
            ingress.store.reads.close()
            let late = try await ingress.connect(first: try ingress.webhook())
            await ingress.store.reads.arrived()
            #expect(try await late.lastAnswer().status == 503)
            ingress.store.reads.open()
            #expect(try await ingress.takeDirectly())
            #expect(ingress.store.events.count == 1)
        }
    }

    @Test func `an outcome that the store does not know is not answered`() async throws {
        try await TestIngress.serve { ingress in
            try await ingress.installDirectly()
            ingress.store.fail(.outcomeUnknown)
            for request in [try ingress.webhook(), try ingress.installed()] {
                let client = try await ingress.connect(first: request)
                #expect(await client.rest() == [])
            }
        }
    }
}

extension TestIngress {
    /// Past the listener, whose deadlines are short here.
    fileprivate func installDirectly() async throws {
        let body = try platform.installedBody(try platform.id())
        guard case .committed = try await receiveDirectly(.installed, body) else {
            Issue.record("not installed")
            return
        }
    }

    fileprivate func deleteDirectly() async throws {
        let id = try platform.id()
        let body = #"{"addonId":"\#(id.addonID.text)","workspaceId":"\#(id.workspaceID.text)"}"#
        guard case .committed = try await receiveDirectly(.deleted, Array(body.utf8)) else {
            Issue.record("not deleted")
            return
        }
    }

    private func receiveDirectly(_ type: LifecycleType, _ body: [UInt8]) async throws -> LifecycleAnswer {
        let caller = try listener.lifecycle.authenticate(
            try platform.token(try platform.id()), for: platform.manifest.key
        ).get()
        return await listener.lifecycle.receive(type, from: caller, body: body)
    }

    /// Whether a genuine webhook is accepted. It goes behind all that wait for the writer.
    fileprivate func takeDirectly() async throws -> Bool {
        guard case .webhook(let route) = listener.router.target(of: Self.webhookPath) else { return false }
        let token = try platform.webhookToken(try platform.id(), Self.webhookPath)
        let admission = listener.webhooks.admit(route, signature: token, event: "NEW_PROJECT")
        return await withCheckedContinuation { continuation in
            listener.webhooks.receive(admission, body: Array("{}".utf8)) { answer in
                if case .accepted = answer {
                    continuation.resume(returning: true)
                } else {
                    continuation.resume(returning: false)
                }
            }
        }
    }
}
