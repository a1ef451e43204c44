import Installations
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import Store

/// A move of everything from one store into another.
@Suite(.timeLimit(.minutes(5))) struct MoveTests {
    private func move(
        _ source: any MovePlace, _ target: any MovePlace, _ test: StoreUnderTest
    ) async throws -> MoveReport {
        try await Move(
            from: source, to: target, keyring: test.freshKeyring(), now: { [clock = test.clock] in clock.now }
        )
        .run()
    }

    /// All rows of a place.
    private func rows(_ place: any MovePlace) throws -> [MovePage] {
        try MovedTable.all.map { try place.page(of: $0, after: nil, within: MoveBounds(rows: 10_000)) }
    }

    @Test(arguments: MovingPair.all)
    func `everything arrives as it was, and the new store is worked with`(pair: MovingPair) async throws {
        let test = try StoreUnderTest(pair.source)
        try await test.fill()
        let events = try await test.events().map { "\($0.id) \($0.state) \($0.attempts)" }
        let states = try await test.states()
        let (source, empty) = (try test.place(), try EmptyPlace(pair.target))
        // Their databases are theirs until the end.
        defer { withExtendedLifetime((test, empty)) {} }
        let target = try empty.place()
        let report = try await move(source, target, test)
        #expect(report.tables.filter { $0.rows == 0 }.map(\.name) == [])
        #expect(report.corrupt == 1 && report.verified > 10)
        #expect(try rows(source) == rows(target))
        #expect(try [source.mark()?.state, target.mark()?.state] == [.left, .arrived])
        for place in [source, target] { try place.close() }

        let store = try empty.store(try test.freshKeyring())
        #expect(
            try await store.events(matching: EventFilter(), page: PageRequest()).items.map {
                "\($0.id) \($0.state) \($0.attempts)"
            } == events)
        #expect(try await store.storageKeys().map(\.state) == states)
        // What is given out from here on is new.
        let id = try test.id("later")
        _ = try await store.perform(
            test.platform.call(
                id, try test.platform.install(id, tokens: "x"), at: test.now, actor: .platform, token: nil))
        try await store.record(Backup(madeAt: test.now, path: "/c", bytes: 1, keys: []))
        guard case .intact = try await store.verifyAudit(against: nil) else {
            Issue.record("the audit log is not intact")
            return
        }
        try store.close()
    }

    @Test(arguments: MovingPair.all)
    func `a store that has left is not opened, and moving it again changes nothing`(pair: MovingPair) async throws {
        let test = try StoreUnderTest(pair.source)
        try await test.install()
        let (source, empty) = (try test.place(), try EmptyPlace(pair.target))
        // Their databases are theirs until the end.
        defer { withExtendedLifetime((test, empty)) {} }
        let target = try empty.place()
        #expect(try await !move(source, target, test).wasDone)
        #expect(try await move(source, target, test).wasDone)
        try source.close()
        #expect(throws: MoveError.moved(to: target.name, at: test.now)) { _ = try test.openedAgain() }
    }

    @Test(arguments: MovingPair.all)
    func `ended anywhere it goes on, and never both are used`(pair: MovingPair) async throws {
        let test = try StoreUnderTest(pair.source)
        try await test.fill()
        let (source, empty) = (try test.place(), try EmptyPlace(pair.target))
        // Their databases are theirs until the end.
        defer { withExtendedLifetime((test, empty)) {} }
        let (target, before) = (try empty.place(), try rows(source))
        // Each run comes some calls further than the one before; none of them is the last by chance.
        var ends = 0
        for count in 1... {
            let calls = InterruptedPlace.Calls(4 + count % 7)
            do {
                _ = try await move(
                    InterruptedPlace(place: source, calls: calls), InterruptedPlace(place: target, calls: calls), test)
                break
            } catch is InterruptedPlace.End {
                ends += 1
                let (left, arrived) = (try isUsed(source), try isUsed(target))
                #expect(!(left && arrived))
                // Nobody uses either while only the last step is missing.
                let states = [try source.mark()?.state, try target.mark()?.state]
                #expect(left || states == [.left, .checked])
            }
            try #require(count < 200)
        }
        #expect(ends > 5)
        for place in [source, target] { #expect(try rows(place) == before) }
        let (left, arrived) = (try isUsed(source), try isUsed(target))
        #expect(!left && arrived)
    }

    /// Whether whoever opens it works with it.
    private func isUsed(_ place: any MovePlace) throws -> Bool {
        do throws(MoveError) {
            _ = try (try? place.mark())??.isEndedByUse()
        } catch {
            return false
        }
        return try MovedTable.all.allSatisfy { try $0.name != "deployment" || place.lastKey(of: $0) != nil }
    }

    @Test(arguments: MovingPair.all)
    func `ended at each of its steps it goes on`(pair: MovingPair) async throws {
        for count in 0..<24 {
            let test = try StoreUnderTest(pair.source)
            try await test.install()
            let (source, empty) = (try test.place(), try EmptyPlace(pair.target))
            // Their databases are theirs until the end.
            defer { withExtendedLifetime((test, empty)) {} }
            let (target, calls) = (try empty.place(), InterruptedPlace.Calls(count))
            do {
                _ = try await move(
                    InterruptedPlace(place: source, calls: calls), InterruptedPlace(place: target, calls: calls), test)
            } catch is InterruptedPlace.End {
                let (left, arrived) = (try isUsed(source), try isUsed(target))
                #expect(!(left && arrived), "\(count)")
            }
            _ = try await move(source, target, test)
            #expect(try rows(source) == rows(target), "\(count)")
            #expect(try [source.mark()?.state, target.mark()?.state] == [.left, .arrived], "\(count)")
        }
    }

    @Test(arguments: MovingPair.all)
    func `whoever uses the source ends the move, and the half copy is nobody's`(pair: MovingPair) async throws {
        let test = try StoreUnderTest(pair.source)
        try await test.fill()
        let (source, empty) = (try test.place(), try EmptyPlace(pair.target))
        // Their databases are theirs until the end.
        defer { withExtendedLifetime((test, empty)) {} }
        let (target, calls) = (try empty.place(), InterruptedPlace.Calls(8))
        await #expect(throws: InterruptedPlace.End.self) {
            _ = try await move(
                InterruptedPlace(place: source, calls: calls), InterruptedPlace(place: target, calls: calls), test)
        }
        try source.close()
        let used = try test.openedAgain()
        try await used.install("ws5")
        let again = try used.place()
        await #expect(throws: MoveError.otherCopy(target.name)) { _ = try await move(again, target, test) }
        #expect(try again.mark() == nil)
        try target.close()
        #expect(throws: (any Error).self) { _ = try empty.store(test.freshKeyring()) }
    }

    @Test(arguments: MovingPair.all)
    func `a target with something in it is left as it is`(pair: MovingPair) async throws {
        let (test, other) = (try StoreUnderTest(pair.source), try StoreUnderTest(pair.target))
        for store in [test, other] { try await store.install() }
        let (source, target) = (try test.place(), try other.place())
        defer { withExtendedLifetime((test, other)) {} }
        let before = try rows(target)
        await #expect(throws: MoveError.notEmpty(target.name)) { _ = try await move(source, target, test) }
        #expect(try rows(target) == before)
        for place in [source, target] { #expect(try place.mark() == nil) }
    }

    @Test(arguments: MovingPair.all)
    func `what does not arrive as it left is found, and the source stays the store`(pair: MovingPair) async throws {
        let test = try StoreUnderTest(pair.source)
        try await test.fill()
        let (source, empty) = (try test.place(), try EmptyPlace(pair.target))
        // Their databases are theirs until the end.
        defer { withExtendedLifetime((test, empty)) {} }
        let spoilt = InterruptedPlace(place: try empty.place(), calls: .init(.max)) { page, table in
            guard table.name == "event", case .blob(var bodies)? = page.columns.last,
                let row = bodies.firstIndex(where: { $0 != nil })
            else { return }
            bodies[row]?[20] ^= 1
            page.columns[page.columns.count - 1] = .blob(bodies)
        }
        await #expect(throws: MoveError.differs(table: "event")) {
            _ = try await move(InterruptedPlace(place: source, calls: .init(.max)), spoilt, test)
        }
        #expect(try source.mark()?.state == .leaving)
        try source.close()
        _ = try test.openedAgain()
    }

    @Test(arguments: MovingPair.all)
    func `pages end where they are told to, by rows and by bytes`(pair: MovingPair) async throws {
        let test = try StoreUnderTest(pair.source)
        try await test.install()
        try await test.append("1", "2", "3", "4")
        let (place, table) = (try test.place(), try #require(MovedTable.all.first { $0.name == "event" }))
        func count(_ bounds: MoveBounds) throws -> Int { try place.page(of: table, after: nil, within: bounds).count }
        #expect(try count(MoveBounds(rows: 3)) == 3)
        #expect(try count(MoveBounds(rows: 3, bytes: 1)) == 1)
        let first = try place.page(of: table, after: nil, within: MoveBounds(rows: 1))
        let rest = try place.page(of: table, after: first.lastKey(in: table), within: MoveBounds(rows: 100))
        #expect(first.count + rest.count == 5)
        #expect(try place.page(of: table, after: rest.lastKey(in: table), within: MoveBounds(rows: 1)).count == 0)
    }
}

extension StoreUnderTest {
    /// Its keys, as another process loads them.
    func freshKeyring() throws -> Keyring { try Keyring(directory: KeyDirectory(path: directory.path + "/keys")) }
}
