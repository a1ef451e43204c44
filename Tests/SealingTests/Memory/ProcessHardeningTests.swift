import CSodium
import Glibc
import Testing

@testable import Sealing

@Suite struct ProcessHardeningTests {
    @Test func `a hardened process leaves no core file and cannot be read by others`() throws {
        try ProcessHardening.apply()
        var limit = rlimit()
        #expect(getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0)
        #expect(limit.rlim_cur == 0)
        #expect(limit.rlim_max == 0)
        #expect(innkeeper_is_dumpable() == 0)
        #expect(ProcessHardening.isActive)
    }
}
