import GRDB
import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

/// A store with installations and events, for tests of delivery.
struct DeliveryFixture {
    let test: TestStore
    let platform: TestPlatform
    let clock = TestClock()
    var store: Store { test.store }
    var engine: SQLiteStore { test.engine }

    init() throws {
        test = try TestStore()
        platform = try TestPlatform()
    }

    /// Installs; the stream begins with `addon.installed`. Returns the installation's row number.
    @discardableResult
    func install(_ workspace: String = "ws1") async throws -> InstallationNumber {
        let id = try platform.id(workspace, "inst-" + workspace)
        _ = try await store.perform(platform.call(id, try platform.install(id), at: clock.now))
        return try #require(try await store.credentials(of: id)).number
    }

    /// Uninstalls; the stream ends with `addon.deleted`.
    func uninstall(_ workspace: String = "ws1") async throws {
        let id = try platform.id(workspace, "inst-" + workspace)
        _ = try await store.perform(platform.call(id, .deleted, at: clock.now))
    }

    /// Appends events. Returns their ids.
    @discardableResult
    func append(_ bodies: String..., to workspace: String = "ws1") async throws -> [EventID] {
        let id = try platform.id(workspace, "inst-" + workspace)
        let credentials = try #require(try await store.credentials(of: id))
        let key = try test.store.vault
            .openKey(credentials.wrappedKey, of: id, number: credentials.number)
        let events = bodies.map { body in
            let event = store.eventIDs.next(at: clock.now)
            return InboxEvent(
                id: event, installation: credentials.number, tokenSet: credentials.tokenSet, installationKey: key.id,
                type: "NEW_TIME_ENTRY", receivedAt: clock.now,
                body: key.seal(Array(body.utf8), in: id.context(.event(event, type: "NEW_TIME_ENTRY"))))
        }
        #expect(try store.append(events).allSatisfy { $0 == .appended })
        return events.map(\.id)
    }

    /// The event at the head of a stream; nil when there is none or something holds it.
    func head(_ installation: InstallationNumber) async throws -> WaitingEvent? {
        guard case .event(let event)? = try await store.heads(of: [installation], bytes: 1 << 20).first else {
            return nil
        }
        return event
    }

    /// Settles the head of a stream as a forwarder does. Returns its id.
    @discardableResult
    func settleHead(_ installation: InstallationNumber, _ change: Settlement.Change) async throws -> EventID {
        let event = try #require(try await head(installation))
        let result = try await store.settle([
            Settlement(event: event.id, change: change, at: clock.now)
        ])
        #expect(result.map(\.isApplied) == [true])
        return event.id
    }

    /// Leases the head of a stream.
    func leaseHead(
        _ installation: InstallationNumber, seconds: Int64 = 60
    ) async throws -> (event: EventID, lease: LeaseID) {
        let event = try #require(try await head(installation))
        let lease = LeaseID.random()
        let leased = try await store.lease([event], as: lease, from: clock.now, until: later(seconds))
        #expect(leased.map(\.id) == [event.id])
        return (event.id, lease)
    }

    /// Settles a leased event.
    func settle(_ held: (event: EventID, lease: LeaseID), _ change: Settlement.Change) async throws -> Bool {
        try await store.settle([
            Settlement(event: held.event, change: change, lease: held.lease, at: clock.now)
        ]).first?.isApplied ?? false
    }

    func later(_ seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: clock.now.milliseconds + seconds * 1000)
    }

    func state(_ event: EventID) async throws -> EventState? { try await store.event(event)?.state }

    /// One value of a row.
    func value<T: DatabaseValueConvertible & Sendable>(_ sql: String, as: T.Type = T.self) async throws -> T? {
        try await engine.pool.read { db in try T.fetchOne(db, sql: sql) }
    }
}
