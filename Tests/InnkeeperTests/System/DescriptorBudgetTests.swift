import Glibc
import Installations
import Listening
import Testing

@testable import Innkeeper

@Suite struct DescriptorBudgetTests {
    /// What all together may hold at most.
    private func total(_ budget: DescriptorBudget, targets: Int, loops: Int) -> Int {
        [budget.connections, budget.operators, budget.local].reduce(0) { $0 + $1 + AcceptGate.slack(for: $1) }
            + budget.toTarget * targets * DescriptorBudget.eachDelivery + DescriptorBudget.fixed + DescriptorBudget
            .eachLoop * loops
    }

    @Test(arguments: [120, 128, 256, 1024, 4096, 20_000, 1 << 20], [0, 1, 5])
    func `the last descriptors are nobody's`(limit: Int, targets: Int) throws {
        guard limit >= DescriptorBudget.least(targets: targets, loops: 2) else { return }
        let budget = try #require(DescriptorBudget(limit: limit, wanted: 4096, targets: targets, loops: 2))
        #expect(total(budget, targets: targets, loops: 2) <= limit - DescriptorBudget.untouched)
        #expect(budget.connections >= 8 && budget.operators >= 4 && budget.local >= 4 && budget.toTarget >= 1)
        #expect(budget.connections <= 4096)
    }

    @Test func `with enough of them everybody gets what is configured`() throws {
        let budget = try #require(DescriptorBudget(limit: 8192, wanted: 4096, targets: 1, loops: 2))
        #expect(budget.connections == 4096)
        #expect(budget.operators >= 700 && budget.local == 256 && budget.toTarget == 128)
        #expect(budget.shortage == nil)
        #expect(HostChecks.descriptors(budget).status == .ok)
    }

    @Test func `the service's usual limit is too low for the default, and both log and doctor say so`() throws {
        let budget = try #require(DescriptorBudget(limit: 1024, wanted: 4096, targets: 1, loops: 2))
        #expect(budget.connections >= 350)
        #expect(budget.shortage?.contains("4096") == true)
        #expect(budget.remedy.contains("LimitNOFILE="))
        #expect(HostChecks.descriptors(budget).status == .warn)
    }

    @Test func `a limit that is too low to serve is none`() {
        let least = DescriptorBudget.least(targets: 0, loops: 2)
        #expect(least <= 128)
        #expect(DescriptorBudget(limit: least, wanted: 4096, targets: 0, loops: 2) != nil)
        #expect(DescriptorBudget(limit: least - 1, wanted: 4096, targets: 0, loops: 2) == nil)
        let error = StartupError.descriptors(limit: 16, needed: least)
        #expect(error.exitCode == 69)
        #expect("\(error)".contains("16") && error.hint?.contains("LimitNOFILE=") == true)
    }

    @Test func `the soft limit is raised to the hard one`() {
        var limit = rlimit()
        #expect(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
        #expect(DescriptorBudget.raiseLimit() == Int(clamping: limit.rlim_max))
    }
}
