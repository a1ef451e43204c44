import Testing

@testable import Ingress

@Suite struct ConnectionLimitTests {
    @Test func `a surplus connection gets no place and takes none`() {
        let limit = ConnectionLimit(maximum: 2)
        #expect(limit.enter())
        #expect(limit.enter())
        for _ in 0..<100 { #expect(!limit.enter()) }
        #expect(limit.count == 2)
        limit.leave()
        #expect(limit.enter())
        #expect(!limit.enter())
    }

    @Test func `many threads never hold more places than there are`() async {
        let limit = ConnectionLimit(maximum: 7)
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var most = 0
                    for _ in 0..<2000 where limit.enter() {
                        most = max(most, limit.count)
                        limit.leave()
                    }
                    return most
                }
            }
            for await _ in group {}
        }
        #expect(limit.count == 0)
    }
}
