import Foundation
import OperatorAPI
import Synchronization
import Testing

@testable import Innkeeper

@Suite struct PageWalkTests {
    /// A list of `count` events that is served in pages.
    private final class Server: Sendable {
        let count: Int
        let asked = Mutex([Int]())

        init(count: Int) { self.count = count }

        func fetch(_ limit: Int, _ cursor: String?) throws -> EventPageJSON {
            asked.withLock { $0.append(limit) }
            let start = cursor.flatMap { Int($0) } ?? 0
            let end = min(start + limit, count)
            let rows = (start..<end).map { number in
                """
                {"id": "e\(number)", "type": "T", "state": "pending", "addonKey": "a", "workspaceId": "w", "addonId": "i",
                 "receivedAt": "2026-01-01T00:00:00.000Z", "attempts": 0}
                """
            }
            let next = end < count ? "\"\(end)\"" : "null"
            let json = "{\"events\": [\(rows.joined(separator: ","))], \"nextCursor\": \(next)}"
            return try JSONDecoder().decode(EventPageJSON.self, from: Data(json.utf8))
        }

        func walk(limit: Int?, from cursor: String? = nil) async throws -> (ids: [String], next: String?) {
            var ids: [String] = []
            let next = try await PageWalk.run(limit: limit, from: cursor, fetch: fetch) { ids += $0.map(\.id) }
            return (ids, next)
        }
    }

    @Test func `without a limit every row comes, page after page`() async throws {
        let server = Server(count: 1203)
        let (ids, next) = try await server.walk(limit: nil)
        #expect(ids.count == 1203)
        #expect(Set(ids).count == 1203)
        #expect(next == nil)
        #expect(server.asked.withLock { $0 } == [500, 500, 500])
    }

    @Test func `a limit bounds the whole list and tells where it goes on`() async throws {
        let server = Server(count: 2000)
        let (ids, next) = try await server.walk(limit: 750)
        #expect(ids.count == 750)
        #expect(next == "750")
        #expect(server.asked.withLock { $0 } == [500, 250])
        #expect(try await server.walk(limit: 1, from: next).ids == ["e750"])
    }

    @Test func `a limit beyond the end tells nothing`() async throws {
        #expect(try await Server(count: 3).walk(limit: 5).next == nil)
        #expect(try await Server(count: 5).walk(limit: 5).next == nil)
    }

    @Test func `an empty list is one question`() async throws {
        let server = Server(count: 0)
        #expect(try await server.walk(limit: nil).ids.isEmpty)
        #expect(server.asked.withLock { $0.count } == 1)
    }

    @Test func `a cursor that does not move ends the walk with an error`() async throws {
        let page = try JSONDecoder().decode(
            EventPageJSON.self, from: Data(#"{"events": [], "nextCursor": "same"}"#.utf8))
        await #expect(throws: CommandError.self) {
            _ = try await PageWalk.run(limit: nil, from: "same", fetch: { _, _ in page }, show: { _ in })
        }
    }
}
