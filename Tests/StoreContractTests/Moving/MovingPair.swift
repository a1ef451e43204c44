import Installations
import Marketplace
import PostgresSupport
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import PostgresStore
@testable import SQLiteStore
@testable import Store

/// Which engine's store is moved into which engine's.
struct MovingPair: CustomTestStringConvertible {
    let source: EngineUnderTest
    let target: EngineUnderTest

    /// Those of engines that keep tables.
    static var all: [MovingPair] {
        EngineUnderTest.withTables.flatMap { source in
            EngineUnderTest.withTables.map { MovingPair(source: source, target: $0) }
        }
    }

    var testDescription: String { "\(source) to \(target)" }
}

/// A store in which nothing is yet, as a place that is moved into; and what it is when it has arrived.
struct EmptyPlace: Sendable {
    let directory: TemporaryDirectory
    private let engine: EngineUnderTest
    private let database: TestDatabase?

    init(_ engine: EngineUnderTest) throws {
        self.engine = engine
        directory = try TemporaryDirectory()
        database = engine == .postgres ? try TestDatabase() : nil
    }

    /// Opens it as a place.
    func place() throws -> any MovePlace {
        if let database {
            return try PostgresPlace(at: try database.address, name: "postgres://u@h/target", isNew: true)
        }
        return try SQLitePlace(at: OpenedSQLite.path(directory), lock: try lock(), isNew: true)
    }

    /// Opens it to work with it.
    func store(_ keyring: Keyring) throws -> Store {
        if let database {
            return Store(over: try PostgresStore(at: try database.address, connections: 2, keyring: keyring))
        }
        return Store(
            over: try SQLiteStore(
                path: OpenedSQLite.path(directory), lock: try lock(), keyring: keyring, minFreeBytes: 0))
    }

    /// A lock of its own for each: the one before goes with the last reference to it.
    private func lock() throws -> ProcessLock {
        try ProcessLock(path: directory.path + "/lock-\(UInt64.random(in: .min ... .max))")
    }
}

extension StoreUnderTest {
    /// Has something in each of the tables that are moved.
    func fill() async throws {
        _ = try await store.createAPIKey(
            name: "a", APIKeyGrant(scopes: [.read]), actor: .system, at: now)
        await store.noteClock(at: now)
        let streams = [try await install("ws1"), try await install("ws2"), try await install("ws3")]
        try await install("ws4")
        for workspace in ["ws1", "ws2", "ws3"] { try await append("1", "2", "3", to: workspace) }
        // More than are sealed anew at once.
        for _ in 1...20 { try await append("4", to: "ws1") }
        _ = try await updateSettings(Array(#"[{"id":1}]"#.utf8), "ws4")
        try await uninstall("ws4")
        // The clock is put back: what becomes a dead letter from then on says so.
        clock.advance(seconds: -86_400)
        await store.noteClock(at: now)
        try await settleHead(streams[0], .delivered)
        try await settleHead(streams[0], .dead(.status(404)))
        let head = try #require(try await head(streams[1])).id
        let attempt = Attempt(at: now, target: "default", status: nil, milliseconds: 5, failure: "no answer in time")
        _ = try await store.settle([
            Settlement(event: head, change: .retry(at: later(600), .timeout), at: now, attempt: attempt)
        ])
        _ = try await store.pause(TargetID(addonKey: platform.manifest.key), actor: .system, at: now)
        try await store.addHistory(
            [.accepted: 7], [RefusedCalls(installation: streams[0], tokenSet: 1, count: 2, lastAt: now)], at: now)
        _ = try await leaseHead(streams[2])
        let (old, new) = try await promoteNew()
        let plan = RotationPlan(from: old, to: new, reencrypt: true)
        _ = try await store.beginRotation(plan, actor: .system, at: now)
        _ = try await store.reencrypt(from: old, in: NumberRange(through: streams[0]), limit: 1, at: now)
        try await store.record(Backup(madeAt: now, path: "/b", bytes: 1, keys: [old]))
        try await damage(.webhookTokens(of: streams[1], path: "/webhooks/time"))
        _ = try await verify()
    }
}
