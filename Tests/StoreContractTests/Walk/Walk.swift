import Installations
import Marketplace
import Sealing
import Store
import Synchronization
import TestSupport
import Testing
import Webhooks

/// Deeds over one engine. What is random there (ids of keys, secrets, leases) is told by the order in which it came.
final class Walk: Sendable {
    struct Names {
        /// Storage keys and API keys, in their order.
        var keys: [StorageKeyID] = []
        var apiKeys: [(id: String, secret: SecretBytes)] = []
        var leases: [(event: EventID, lease: LeaseID)] = []
        var generation = 0
    }

    let test: StoreUnderTest
    let names: Mutex<Names>

    init(over engine: EngineUnderTest) async throws {
        test = try StoreUnderTest(engine)
        names = Mutex(Names(keys: [try await test.primary()]))
    }

    private init(_ test: StoreUnderTest, _ names: Names) {
        self.test = test
        self.names = Mutex(names)
    }

    func reopened() throws -> Walk { Walk(try test.reopened(), names.withLock { $0 }) }

    /// Mostly one that lives; now and then one that has ended or never was. The platform goes on to new ones with time.
    private func id(_ deed: Deed) async throws -> InstallationID {
        let live = try await test.store.installations(matching: InstallationFilter(), page: PageRequest()).items
        if deed.kind != .install, deed.other % 4 != 0, !live.isEmpty { return live[deed.which % live.count].id }
        return try test.id("ws\(deed.which % 4)", "g\(deed.other % 2 + deed.step / 50)")
    }

    // MARK: Deeds

    /// What the store says to a deed.
    func perform(_ deed: Deed) async throws -> String {
        do {
            return try await answer(to: deed)
        } catch let error as StoreError {
            return name("\(error)")
        }
    }

    private func answer(to deed: Deed) async throws -> String {
        switch deed.kind {
        case .install, .reinstall, .status, .settings, .delete, .forget: try await lifecycle(deed)
        case .append, .deliver, .fail, .bury, .lease, .answer, .giveBack, .endHolds, .replay, .replayDead, .sweep,
            .readBody:
            try await events(deed)
        case .promote, .rewrap, .reencrypt, .reseal, .retire: try await storageKeys(deed)
        case .createKey, .useKey, .revokeKey, .readToken, .backup, .record, .wait, .putBack: try await others(deed)
        }
    }

    private func lifecycle(_ deed: Deed) async throws -> String {
        let id = try await id(deed)
        let change: LifecycleChange =
            switch deed.kind {
            case .install, .reinstall: try test.platform.install(id, tokens: "\(deed.other % 5)")
            case .status: .statusChanged(deed.other % 3 == 0 ? "ACTIVE" : "INACTIVE")
            case .settings: .settingsUpdated(SecretBytes(utf8: "[\(deed.other)]"))
            default: .deleted
            }
        let decision = try await test.perform(id, change, by: deed.kind == .forget ? .local(userID: 1) : .platform)
        return "\(decision)"
    }

    /// The heads of all streams that are ready.
    private func ready() async throws -> [WaitingEvent] {
        let streams = try await test.store.readyStreams(after: 0, limit: 100).streams.map(\.installation)
        return try await test.store.heads(of: streams, bytes: 1 << 20).compactMap { head in
            if case .event(let event) = head { event } else { nil }
        }
    }

    private func events(_ deed: Deed) async throws -> String {
        switch deed.kind {
        case .append: return try await append(deed)
        case .deliver, .fail, .bury: return try await settle(deed)
        case .lease, .answer, .giveBack: return try await lease(deed)
        case .endHolds:
            let ended = try await test.endHolds(limit: 2)
            return "\(ended.streams) \(ended.count) \(String(describing: ended.next))"
        case .sweep:
            let swept = try await test.store.sweep(
                at: test.now, retention: EventRetention(days: 9), limit: 5, isBelieved: true)
            return "\(swept)"
        case .replayDead:
            return
                "\(try await test.store.replayDead(DeadFilter(), after: nil, limit: 3, actor: .system, at: test.now))"
        default:
            let all = try await test.store.events(matching: EventFilter(), page: PageRequest(limit: 500)).items
            guard let event = all.isEmpty ? nil : all[deed.which % all.count].id else { return "none" }
            if deed.kind == .readBody {
                return "\(try await test.body(event).map { String(decoding: $0, as: UTF8.self) } ?? "gone")"
            }
            return "\(try await test.replay(event))"
        }
    }

    private func append(_ deed: Deed) async throws -> String {
        let live = try await test.store.installations(matching: InstallationFilter(), page: PageRequest()).items
        guard !live.isEmpty else { return "none" }
        let installation = live[deed.which % live.count]
        guard let credentials = try await test.store.credentials(of: installation.id) else { return "ended" }
        let key = try test.store.vault.openKey(credentials.wrappedKey, of: installation.id, number: credentials.number)
        let (event, type) = (test.store.eventIDs.next(at: test.now), "NEW_TIME_ENTRY")
        let body = Array("{\(deed.other)}".utf8)
        let outcome = try await test.append([
            InboxEvent(
                id: event, installation: credentials.number, tokenSet: credentials.tokenSet, installationKey: key.id,
                type: type, receivedAt: test.now,
                body: key.seal(body, in: installation.id.context(.event(event, type: type))))
        ])
        return "\(outcome) \(event)"
    }

    private func settle(_ deed: Deed) async throws -> String {
        let heads = try await ready()
        guard !heads.isEmpty else { return "none" }
        let settlements = heads.enumerated().filter { ($0.offset + deed.which) % 2 == 0 }.map { _, event in
            let change: Settlement.Change =
                switch deed.kind {
                case .deliver: .delivered
                case .bury: .dead(.status(400))
                default: .retry(at: test.later(Int64(deed.other % 400)), .status(503))
                }
            return Settlement(event: event.id, change: change, at: test.now)
        }
        let results = try await test.store.settle(settlements)
        return results.map { "\($0.isApplied) \($0.hasMore)" }.joined(separator: ", ")
    }

    private func lease(_ deed: Deed) async throws -> String {
        if deed.kind == .lease {
            let (heads, lease) = (try await ready(), LeaseID.random())
            let leased = try await test.store.lease(
                Array(heads.prefix(2)), as: lease, from: test.now, until: test.later(Int64(deed.other % 600)))
            names.withLock { $0.leases += leased.map { ($0.id, lease) } }
            return "\(leased.map { "\($0.id)" })"
        }
        let leases = names.withLock { $0.leases }
        guard !leases.isEmpty else { return "none" }
        let change: Settlement.Change = deed.kind == .answer ? .delivered : .retry(at: test.later(60), .givenBack)
        return "\(try await test.settle(leases[deed.which % leases.count], change))"
    }

    private func storageKeys(_ deed: Deed) async throws -> String {
        let keys = names.withLock { $0.keys }
        let key = keys[deed.which % keys.count]
        let limit = deed.other % 3 + 1
        switch deed.kind {
        case .promote:
            let new = StorageKey.random()
            try test.keyring.add(new)
            try await test.store.addStorageKey(new, actor: .system, at: test.now)
            names.withLock { $0.keys.append(new.id) }
            _ = try await test.store.rewrapDeployment(at: test.now)
            return try await step(new.id, .promote)
        case .rewrap:
            _ = try await test.store.rewrapDeployment(at: test.now)
            return text(try await test.store.rewrap(from: key, in: NumberRange(), limit: limit, at: test.now))
        case .reencrypt:
            return text(try await test.store.reencrypt(from: key, in: NumberRange(), limit: limit, at: test.now))
        case .reseal:
            let batch = try await test.store.reseal(in: NumberRange(), at: test.now)
            return batch.map { "\($0.resealed) \($0.next) \($0.damaged.map(\.label))" } ?? "none"
        default: return try await step(key, .retire)
        }
    }

    private func step(_ key: StorageKeyID, _ step: StorageKeyStep) async throws -> String {
        let result = try await test.store.advance(key, by: step, immediately: false, actor: .system, at: test.now)
        return switch result {
        case .success(let key): key.state.rawValue
        case .failure(let refusal): "\(refusal)"
        }
    }

    private func text(_ batch: RewrapBatch) -> String {
        "\(batch.rewrapped) \(batch.overtaken) \(batch.damaged.map(\.label)) \(String(describing: batch.last))"
    }

    private func others(_ deed: Deed) async throws -> String {
        switch deed.kind {
        case .wait: test.clock.advance(seconds: Int64(deed.which % (deed.other % 4 == 0 ? 200_000 : 400)))
        case .putBack:
            test.clock.advance(seconds: -Int64(deed.which % 10_000))
            await test.store.noteClock(at: test.now)
        case .createKey:
            let (key, secret) = try await test.store.createAPIKey(
                name: "k\(deed.which)", APIKeyGrant(scopes: [.read], expiresAt: test.later(500_000)), actor: .system,
                at: test.now)
            names.withLock { $0.apiKeys.append((key.id, secret)) }
        case .useKey, .revokeKey:
            let keys = names.withLock { $0.apiKeys }
            guard !keys.isEmpty else { return "none" }
            let key = keys[deed.which % keys.count]
            if deed.kind == .revokeKey {
                return "\(try await test.store.revokeAPIKey(key.id, actor: .system, at: test.now))"
            }
            let judgement = try await test.store.judge(presenting: key.secret, from: "::1", at: test.now)
            return name("\(judgement)")
        case .readToken:
            let reading = TokenReading(actor: .system, reason: .none, at: test.now)
            let id = try await id(deed)
            return switch try await test.store.token(of: id, reading: reading) {
            case .token(let token, _): "\(token.expose("compare") { $0.count })"
            case .notActive(let status): status.rawValue
            case .unknown: "unknown"
            case .forged(let number): "forged \(number)"
            }
        case .backup:
            let keys = names.withLock { $0.keys }
            try await test.store.record(
                Backup(madeAt: test.now, path: "/\(deed.which)", bytes: 1, keys: [keys[deed.other % keys.count]]))
        default:
            try await test.store.append(
                AuditEntry(at: test.now, actor: "walk", action: "test", outcome: "\(deed.which)"))
        }
        return "done"
    }
}
