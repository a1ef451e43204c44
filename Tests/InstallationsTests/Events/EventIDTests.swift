import Testing

@testable import Installations

@Suite struct EventIDTests {
    @Test func `ids grow also when the clock goes back`() {
        let ids = EventIDGenerator(after: nil)
        let first = ids.next(at: Timestamp(milliseconds: 1_795_435_200_000))
        let second = ids.next(at: Timestamp(milliseconds: 1_795_435_100_000))
        #expect(first < second)
    }

    @Test func `ids go on above the largest one in the store`() {
        let last = EventID(number: .max >> 1)
        #expect(last < EventIDGenerator(after: last).next(at: .now()))
    }

    @Test func `the text form is read back and sorts like the number`() {
        let ids = EventIDGenerator(after: nil)
        let some = (0..<1000).map { ids.next(at: Timestamp(milliseconds: 1_795_435_200_000 + $0 / 3)) }
        #expect(some.map(\.text) == some.map(\.text).sorted())
        for id in some { #expect(EventID(id.text) == id) }
        #expect(EventID(EventID(number: .max).text) == EventID(number: .max))
    }

    @Test(arguments: [
        "", "evt_", "evt_0000000000000000", "EVT_0000000000001", "evt_000000000000u", "evt_zzzzzzzzzzzzz",
        "evt_8000000000000",
    ])
    func `anything else is not an id`(_ text: String) {
        #expect(EventID(text) == nil)
    }
}
