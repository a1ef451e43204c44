import Installations
import Sealing
import Store
import TestSupport
import Testing

/// Sessions at the console: whose they are, and when they end.
@Suite struct SessionTests {
    private func key(_ test: StoreUnderTest, end: Timestamp? = nil) async throws -> APIKey {
        let grant = APIKeyGrant(scopes: [.read], expiresAt: end)
        return try await test.store.createAPIKey(name: "me", grant, actor: .system, at: test.now).key
    }

    private func text(_ secret: SecretBytes) -> String {
        secret.expose("test") { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a session is known by its secret and by nothing like it`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let key = try await key(test)
        let (session, secret) = try await test.store.beginSession(of: key, from: "192.0.2.7", at: test.now)
        #expect(try await test.store.lasts(session.id, at: test.now))
        #expect(try await !test.store.lasts(session.id, at: test.later(Session.idle / 1000)))
        #expect(try await !test.store.lasts("0123456789abcdef", at: test.now))
        let found = try #require(try await test.store.session(presenting: secret, at: test.now))
        #expect(found.session.id == session.id && found.key.id == key.id && found.session.source == "192.0.2.7")
        let (text, last) = (text(secret), try #require(text(secret).last))
        for wrong in [text.dropLast() + (last == "0" ? "1" : "0"), text + "0", "\(session.id)_", "", "_"] {
            #expect(try await test.store.session(presenting: SecretBytes(utf8: wrong), at: test.now) == nil)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a session ends unused, and after half a day whatever it is used for`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let key = try await key(test)
        let (_, idle) = try await test.store.beginSession(of: key, from: "", at: test.now)
        let (_, used) = try await test.store.beginSession(of: key, from: "", at: test.now)
        for hour in 1...12 {
            test.clock.advance(seconds: 3600)
            let lasts = try await test.store.session(presenting: used, at: test.now) != nil
            #expect(lasts == (hour < 12), "\(hour)")
            if hour == 2 { #expect(try await test.store.session(presenting: idle, at: test.now) == nil) }
        }
        #expect(try await test.store.sessions(at: test.now).isEmpty)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a clock that was ahead makes no session last longer`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let key = try await key(test)
        let later = Timestamp(milliseconds: test.now.milliseconds + 86_400_000)
        let (_, secret) = try await test.store.beginSession(of: key, from: "", at: later)
        #expect(try await test.store.session(presenting: secret, at: test.now) == nil)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a session dies with its key`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let end = Timestamp(milliseconds: test.now.milliseconds + 1000)
        for key in [try await key(test), try await key(test, end: end)] {
            let (session, secret) = try await test.store.beginSession(of: key, from: "", at: test.now)
            #expect(try await test.store.session(presenting: secret, at: test.now) != nil)
            #expect(try await test.store.lasts(session.id, at: test.now))
            if key.grant.expiresAt == nil {
                #expect(try await test.store.revokeAPIKey(key.id, actor: .system, at: test.now))
                #expect(try await test.store.session(presenting: secret, at: test.now) == nil)
                #expect(try await !test.store.lasts(session.id, at: test.now))
            } else {
                #expect(try await test.store.session(presenting: secret, at: end) == nil)
                #expect(try await !test.store.lasts(session.id, at: end))
            }
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a session is ended at once, and the log says by whom`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let key = try await key(test)
        let (session, secret) = try await test.store.beginSession(of: key, from: "::1", at: test.now)
        #expect(try await test.store.endSession(session.id, actor: .local(userID: 7), at: test.now))
        #expect(try await !test.store.endSession(session.id, actor: .local(userID: 7), at: test.now))
        #expect(try await test.store.session(presenting: secret, at: test.now) == nil)
        let records = try await test.store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 2)).items
        #expect(records.map(\.entry.action) == ["session.end", "session.begin"])
        #expect(records.map(\.entry.subject) == [session.id, session.id])
        #expect(records.map(\.entry.actor) == [Actor.local(userID: 7).text, Actor.apiKey(key.id).text])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a key has twenty sessions, and another one ends the oldest`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let (key, other) = (try await key(test), try await key(test))
        let (_, others) = try await test.store.beginSession(of: other, from: "", at: test.now)
        var secrets: [SecretBytes] = []
        for _ in 0...Session.most {
            test.clock.advance(seconds: 1)
            secrets.append(try await test.store.beginSession(of: key, from: "", at: test.now).secret)
        }
        #expect(try await test.store.session(presenting: secrets[0], at: test.now) == nil)
        for secret in secrets.dropFirst() + [others] {
            #expect(try await test.store.session(presenting: secret, at: test.now) != nil)
        }
        #expect(try await test.store.sessions(at: test.now).count == Session.most + 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a form's token is the same for a secret, and another for another`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let (one, other) = (SecretBytes(utf8: "one"), SecretBytes(utf8: "other"))
        #expect(test.store.formToken(for: one) == test.store.formToken(for: one))
        #expect(test.store.formToken(for: one) != test.store.formToken(for: other))
    }
}
