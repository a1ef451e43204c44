import GRDB
import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

/// What memory knows of the events that wait, against what the file says.
@Suite struct WaitingIndexTests {
    private let fixture: DeliveryFixture
    private var waitingIndex: WaitingIndex { fixture.engine.waitingIndex }

    init() throws { fixture = try DeliveryFixture() }

    private struct Undone: Error {}

    private func body(of id: EventID) throws -> SealedValue {
        let owner = try fixture.platform.id("ws1", "inst-ws1")
        return InstallationKey.random().seal([1], in: owner.context(.event(id, type: "NEW_TIME_ENTRY")))
    }

    /// The ids of one stream, as memory and as the file has them.
    private func waiting(_ stream: InstallationNumber) async throws -> (memory: [Int64], file: [Int64]) {
        let file = try await fixture.engine.pool.read { db in
            try Int64.fetchAll(
                db, sql: "SELECT id FROM event WHERE installation = ? AND \(StreamRows.isWaiting) ORDER BY id",
                arguments: [stream])
        }
        return (waitingIndex.ids(of: stream, after: 0, limit: .max), file)
    }

    /// What is kept of a stream, or of all, as the file has it.
    private func kept(_ stream: InstallationNumber? = nil) async throws -> KeptEvents {
        try await fixture.engine.pool.read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT count(*), sum(length(sealed_body)) FROM event
                    WHERE state <> 'delivered' AND installation = ifnull(?, installation)
                    """, arguments: [stream])
            return KeptEvents(events: row?[0] ?? -1, bytes: row?[1] ?? 0)
        }
    }

    @Test func `through a life of events memory and file agree, also when the store is opened again`() async throws {
        var random = SystemRandomNumberGenerator()
        var streams: [InstallationNumber] = []
        for number in 1...4 { streams.append(try await fixture.install("ws\(number)")) }
        for _ in 1...120 {
            let index = Int.random(in: 0..<streams.count, using: &random)
            let stream = streams[index]
            switch Int.random(in: 0..<8, using: &random) {
            case 0...2:
                try await fixture.append("1", "2", to: "ws\(index + 1)")
            case 3 where try await fixture.head(stream) != nil:
                try await fixture.settleHead(stream, .dead(.status(400)))
            case 4:
                _ = try await fixture.store.replayDead(
                    DeadFilter(), after: nil, limit: 2, actor: .system, at: fixture.clock.now)
            case 5 where try await fixture.head(stream) != nil:
                let held = try await fixture.leaseHead(stream)
                _ = try await fixture.settle(held, .delivered)
            case 6 where try await fixture.head(stream) != nil:
                try await fixture.settleHead(stream, .delivered)
            default:
                fixture.clock.advance(seconds: 43_200)
                _ = try await fixture.store.sweep(
                    at: fixture.clock.now, retention: EventRetention(days: 5), limit: 3)
            }
        }
        let again = try await fixture.engine.pool.read { db in try WaitingIndex(db) }
        var total = 0
        for stream in streams {
            let ids = try await waiting(stream)
            #expect(ids.memory == ids.file)
            #expect(again.ids(of: stream, after: 0, limit: .max) == ids.file)
            total += ids.file.count
            #expect(try await waitingIndex.kept(of: stream) == kept(stream))
            #expect(again.kept(of: stream) == waitingIndex.kept(of: stream))
        }
        #expect(try await waitingIndex.kept == kept())
        #expect(again.kept == waitingIndex.kept)
        #expect(waitingIndex.count == total && again.count == total)
    }

    @Test func `what is undone never waited, and what was ended goes on waiting`() async throws {
        let stream = try await fixture.install()
        let (ids, count) = (try await waiting(stream).memory, waitingIndex.count)
        let kept = (all: waitingIndex.kept, own: waitingIndex.kept(of: stream))
        let next = fixture.store.eventIDs.next(at: fixture.clock.now)
        let body = try body(of: next)
        await #expect(throws: Undone.self) {
            try await fixture.engine.pool.write { [waitingIndex] db in
                try EventAppending(waitingIndex, db).append(
                    next, installation: stream, type: "x", receivedAt: Timestamp(milliseconds: 0), body: body)
                var changes = EventChanges(waitingIndex, db)
                try changes.apply(expiry(of: ids[0], stream))
                #expect(waitingIndex.newest(of: stream) == next.number)
                throw Undone()
            }
        }
        let after = try await waiting(stream)
        #expect(after.memory == ids && after.file == ids && waitingIndex.count == count)
        #expect(waitingIndex.kept == kept.all && waitingIndex.kept(of: stream) == kept.own)
    }

    private func expiry(of event: Int64, _ stream: InstallationNumber) -> EventChange {
        let bytes = waitingIndex.kept(of: stream).bytes
        return .bury(
            EventID(number: event), of: stream, bytes: bytes, attempts: 0, .expired, at: Timestamp(milliseconds: 0))
    }

    @Test func `a start adds up what is kept without visiting a row`() async throws {
        let statements = [
            "SELECT id, installation, length(sealed_body) FROM event INDEXED BY event_waiting "
                + "WHERE \(StreamRows.isWaiting) ORDER BY id",
            "SELECT installation, count(*), sum(length(sealed_body)) FROM event INDEXED BY event_dead "
                + "WHERE state = 'dead' GROUP BY installation",
        ]
        for statement in statements {
            try await fixture.engine.pool.read { db in
                let steps = try Row.fetchAll(db, sql: "EXPLAIN \(statement)")
                // A column of the table, which is cursor 0, would make SQLite look for its row.
                #expect(!steps.contains { $0["opcode"] == "Column" && $0["p1"] == 0 as Int64 }, "\(statement)")
                #expect(!steps.contains { $0["opcode"] == "FinishSeek" })
            }
        }
    }

    @Test func `a writer sees its own changes, a reader only those that are committed`() async throws {
        let stream = try await fixture.install()
        let head = try #require(try await fixture.head(stream)).id.number
        let next = fixture.store.eventIDs.next(at: fixture.clock.now)
        let body = try body(of: next)
        let (pool, waitingIndex) = (fixture.engine.pool, waitingIndex)
        @Sendable func headOfReader() throws -> Int64? {
            try pool.read { db in
                try StreamRows.head(of: stream, waitingIndex) { id in
                    try Int64.fetchOne(
                        db, sql: "SELECT id FROM event WHERE id = ? AND \(StreamRows.isWaiting)", arguments: [id])
                }
            }
        }
        try await pool.write { db in
            var changes = EventChanges(waitingIndex, db)
            try changes.apply(expiry(of: head, stream))
            #expect(!waitingIndex.hasWaiting(stream) && waitingIndex.newest(of: stream) == nil)
            #expect(try headOfReader() == head)
            try EventAppending(waitingIndex, db).append(
                next, installation: stream, type: "x", receivedAt: Timestamp(milliseconds: 0), body: body)
            #expect(waitingIndex.hasWaiting(stream) && waitingIndex.newest(of: stream) == next.number)
            #expect(try headOfReader() == head, "the new row is not in its snapshot, though memory names it")
        }
        #expect(try headOfReader() == next.number)
        #expect(waitingIndex.count == 1)
    }

    @Test func `an event that is being replayed waits for nobody who reads, until that is committed`() async throws {
        let stream = try await fixture.install()
        let dead = try await fixture.settleHead(stream, .dead(.timeout))
        let (store, engine, waitingIndex) = (fixture.store, fixture.engine, waitingIndex)
        try await engine.pool.write { db in
            try db.execute(sql: "UPDATE event SET state = 'pending' WHERE id = ?", arguments: [dead.number])
            waitingIndex.add(dead.number, of: 1, to: stream, db)
            try engine.pool.read { db in
                #expect(try StreamRows.ready(stream, waitingIndex, db) == nil)
                guard case .empty? = try SQLiteRows(db: db, store: engine).heads(of: [stream], bytes: 1000).first else {
                    Issue.record("a dead letter was handed out")
                    return
                }
            }
        }
        #expect(try await store.ready([stream]).map(\.installation) == [stream])
        #expect(try await fixture.head(stream)?.id == dead)
    }

    @Test func `a walk finds every stream once, whatever else begins or ends meanwhile`() async throws {
        try await fixture.engine.pool.write { [waitingIndex] db in
            for number in Int64(1)...3000 { waitingIndex.add(number, of: 1, to: InstallationNumber(number), db) }
        }
        var (found, after, pages): ([InstallationNumber], Int64?, Int) = ([], 0, 0)
        while let first = after {
            let page = waitingIndex.streams(after: first, limit: 100)
            found += page.installations
            (after, pages) = (page.last, pages + 1)
            #expect(page.installations.count < 110)
            // Streams beside the first 2,000 come and go.
            let step = Int64(pages)
            try await fixture.engine.pool.write { [waitingIndex] db in
                waitingIndex.add(10_000 + step, of: 1, to: InstallationNumber(5000 + step), db)
                waitingIndex.remove(2000 + step, of: 1, from: InstallationNumber(2000 + step), db)
            }
        }
        #expect(pages > 10 && Set(found).count == found.count)
        #expect(Set(found).isSuperset(of: (1...2000).map { InstallationNumber($0) }))
    }
}
