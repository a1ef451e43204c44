import OperatorAPI
import Testing

/// Lists that are longer than a page.
@Suite(.timeLimit(.minutes(5)))
struct PagingTests {
    @Test func `all of 250 installs are listed, at once and page by page while others arrive`() async throws {
        try await Deployment.with { deployment in
            let platform = deployment.platform
            let server = try await deployment.serve()
            let tenants = (0..<250).map { Tenant("ws\($0)") }
            let statuses = try await server.statuses(tenants.map { try platform.install($0, paths: []) })
            #expect(statuses.allSatisfy { $0 == 204 })
            let newestFirst = tenants.reversed().map(\.addon)

            let table = try await deployment.text("installations", "list").split(separator: "\n")
            #expect(table.count == 251 && table.first?.hasPrefix("ADD-ON") == true)
            #expect(zip(table.dropFirst(), newestFirst).allSatisfy { $0.contains(" \($1) ") })
            let lines = try await deployment.text("installations", "list", "-o", "jsonl").split(separator: "\n")
            #expect(zip(lines, newestFirst).allSatisfy { $0.contains(#""\#($1)""#) } && lines.count == 250)

            var seen: [String] = []
            var cursor: [String] = []
            for number in 0..<40 {
                let outcome = try await deployment.run(
                    ["installations", "list", "--limit", "10", "-o", "json"] + cursor)
                let page = try InstallationPageJSON.read(outcome)
                seen += page.installations.map(\.addonId)
                guard let next = page.nextCursor else { break }
                #expect(page.installations.count == 10)
                cursor = ["--cursor", next]
                // It is newer than all that is still to come, so no page may show it.
                #expect(try await server.send(try platform.install(Tenant("late\(number)"), paths: [])).status == 204)
            }
            #expect(seen == newestFirst)
        }
    }

    @Test func `a limit ends a table and says how to go on`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            let platform = deployment.platform
            _ = try await server.statuses((0..<5).map { try platform.install(Tenant("ws\($0)"), paths: []) })
            let first = try await deployment.run("installations", "list", "--limit", "3")
            #expect(first.text.split(separator: "\n").count == 4)
            let cursor = try #require(first.errorText.firstMatch(of: #/--cursor (\S+)/#)?.1)
            let rest = try await deployment.run("installations", "list", "--cursor", String(cursor))
            #expect(rest.text.split(separator: "\n").count == 3)
            #expect(rest.errors == [])
        }
    }

    @Test func `events of one moment are paged without gaps or repeats`() async throws {
        try await Deployment.with { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let server = try await deployment.serve()
            _ = try await server.send(try platform.install(tenant))
            let webhook = try platform.webhook(tenant)
            try await withThrowingTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask {
                        let statuses = try await server.statuses(Array(repeating: webhook, count: 25))
                        #expect(statuses.allSatisfy { $0 == 204 })
                    }
                }
                try await group.waitForAll()
            }
            var ids: [String] = []
            var target = "/api/v1/events?limit=7"
            while true {
                let page: EventPageJSON = try await server.ask(target, key: deployment.key)
                ids += page.events.map(\.id)
                guard let next = page.nextCursor else { break }
                target = "/api/v1/events?limit=7&cursor=\(next)"
            }
            #expect(ids.count == 101 && Set(ids).count == 101)
            #expect(ids == ids.sorted(by: >), "newest first")
        }
    }
}
