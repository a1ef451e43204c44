import Installations
import SQLiteStore
import Store
import Synchronization
import TestSupport
import Testing
import Webhooks

@testable import OperatorAPI

@Suite struct MetricsPageTests {
    /// The real store, counted at.
    private final class Counted: SampledStore {
        let store: Store
        let asked = Mutex(0)

        init(_ store: Store) { self.store = store }

        func sample() async throws(StoreError) -> StoreSample {
            asked.withLock { $0 += 1 }
            return try await store.sample()
        }
    }

    private func page(_ deployment: TestDeployment, _ store: any SampledStore) -> MetricsPage {
        let (real, clock) = (deployment.test.store, deployment.clock)
        return MetricsPage(
            registry: PrometheusRegistry(), store: store, waiting: { real.waitingEvents },
            keptBytes: { real.kept.bytes }, isReady: { await real.condition() == nil }, now: { clock.now })
    }

    @Test func `what needs an operator is 1, and all else of the list 0`() async throws {
        let deployment = try await TestDeployment()
        let page = page(deployment, deployment.test.store)
        let lines = await page.text(attention: [.cannotWork(word: "full")]).split(separator: "\n")
            .filter { $0.hasPrefix("innkeeper_attention{") }
        #expect(lines.count == Attention.Code.allCases.count)
        #expect(
            lines.filter { $0.hasSuffix(" 1.0") } == [
                #"innkeeper_attention{code="cannot_commit",severity="critical"} 1.0"#
            ])
    }

    @Test func `the gauges tell what is in the store`() async throws {
        let deployment = try await TestDeployment()
        for number in 1...3 { _ = try await deployment.install(try deployment.platform.id("ws\(number)", "i")) }
        _ = try await deployment.manager.forget(try deployment.platform.id("ws3", "i"), actor: .system)
        deployment.clock.advance(seconds: 90)
        let text = await page(deployment, deployment.test.store).text()
        for line in [
            #"innkeeper_installations{status="ACTIVE"} 2.0"#, #"innkeeper_installations{status="DELETED"} 1.0"#,
            #"innkeeper_installations{status="INACTIVE"} 0.0"#, #"innkeeper_storage_keys{state="primary"} 1.0"#,
            #"innkeeper_storage_keys{state="retiring"} 0.0"#, "innkeeper_installations_to_rewrap 0.0",
            "innkeeper_inbox_waiting_events 4.0", "innkeeper_inbox_oldest_event_age_seconds 90.0",
            "innkeeper_primary_key_age_seconds 90.0", "innkeeper_ready 1.0", "innkeeper_dead_events 0.0",
        ] {
            #expect(text.contains("\n\(line)\n"), "\(line)")
        }
        #expect(!text.contains(#"innkeeper_store_bytes{file="database"} 0.0"#))
        #expect(text.contains("\nprocess_resident_memory_bytes ") && text.contains("\nprocess_open_fds "))
    }

    @Test func `a rotation's progress shows`() async throws {
        let deployment = try await TestDeployment()
        for number in 1...3 { _ = try await deployment.install(try deployment.platform.id("ws\(number)", "i")) }
        let clock = deployment.clock
        let keys = StorageKeyManager(
            store: deployment.test.store, keyring: deployment.test.keyring, now: { clock.now })
        let fresh = try await keys.add(actor: .system)
        _ = try await keys.advance(fresh.id, by: .promote, immediately: false, actor: .system)
        let text = await page(deployment, deployment.test.store).text()
        #expect(text.contains("\ninnkeeper_installations_to_rewrap 3.0\n"))
        #expect(text.contains("\n" + #"innkeeper_storage_keys{state="retiring"} 1.0"# + "\n"))
    }

    @Test func `a scraper in a loop does not make the store count each time`() async throws {
        let deployment = try await TestDeployment()
        let counted = Counted(deployment.test.store)
        let page = page(deployment, counted)
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<20 { tasks.addTask { _ = await page.text() } }
        }
        #expect(counted.asked.withLock { $0 } == 1)
        deployment.clock.advance(seconds: 31)
        _ = await page.text()
        #expect(counted.asked.withLock { $0 } == 2)
    }
}
