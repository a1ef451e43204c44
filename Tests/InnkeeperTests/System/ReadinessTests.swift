import SQLiteStore
import Store
import Synchronization
import TestSupport
import Testing

@testable import Innkeeper

@Suite struct ReadinessTests {
    @Test func `nothing is ready before both listeners accept, and nothing at the end`() async throws {
        let test = try TestStore()
        let lacksKey = Mutex(false)
        let readiness = Readiness(test.store) { lacksKey.withLock { $0 } }
        #expect(await readiness.word() == "starting")
        readiness.serves()
        #expect(await readiness.word() == nil)
        lacksKey.withLock { $0 = true }
        #expect(await readiness.word() == "keys", "an INSTALLED would be lost here")
        lacksKey.withLock { $0 = false }
        let service = Task { try await readiness.run() }
        // The end of a service group by cancellation is one as well.
        service.cancel()
        try await service.value
        #expect(await readiness.word() == "stopping")
        readiness.serves()
        #expect(await readiness.word() == "stopping", "there is no way back")
        try test.store.close()
    }
}
