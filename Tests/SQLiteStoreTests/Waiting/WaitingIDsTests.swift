import Testing

@testable import SQLiteStore
@testable import Store

@Suite struct WaitingIDsTests {
    @Test func `whatever comes and goes, it answers as a sorted list would`() {
        var random = SystemRandomNumberGenerator()
        for _ in 1...50 {
            var (ids, model): (WaitingIDs, [Int64]) = (WaitingIDs(), [])
            var next: Int64 = 0
            for _ in 1...400 {
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5:
                    next += Int64.random(in: 1...3, using: &random)
                    #expect(ids.insert(next) == true)
                    model.append(next)
                case 5:  // Anywhere, there or not.
                    let id = Int64.random(in: 0...next, using: &random)
                    #expect(ids.insert(id) == !model.contains(id))
                    model = Array(Set(model + [id])).sorted()
                case 6:
                    let id = Int64.random(in: 0...(next + 1), using: &random)
                    #expect(ids.remove(id) == model.contains(id))
                    model.removeAll { $0 == id }
                default:
                    guard !model.isEmpty else { continue }
                    #expect(ids.remove(model.removeFirst()) == true)
                }
                let id = Int64.random(in: -1...(next + 1), using: &random)
                let limit = Int.random(in: 1...5, using: &random)
                #expect(ids.isEmpty == model.isEmpty)
                #expect(ids.first(after: id) == model.first { $0 > id })
                #expect(ids.rising(after: id, limit: limit) == Array(model.filter { $0 > id }.prefix(limit)))
                #expect(
                    ids.falling(before: id, limit: limit) == Array(model.filter { $0 < id }.reversed().prefix(limit)))
                #expect(ids.contains { $0 == id } == model.contains(id))
            }
        }
    }

    @Test func `the ends of the range of numbers are ids like others`() {
        var ids = WaitingIDs()
        #expect(ids.insert(.max) && ids.insert(.min))
        #expect(ids.first(after: .min) == .max && ids.first(after: .max) == nil)
        #expect(ids.rising(after: .max, limit: 1) == [] && ids.falling(before: .max, limit: 9) == [.min])
    }
}
