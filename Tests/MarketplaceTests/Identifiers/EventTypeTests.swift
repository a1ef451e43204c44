import Marketplace
import Testing

@Suite struct EventTypeTests {
    @Test(arguments: ["NEW_PROJECT", "A1", "A" + String(repeating: "_", count: 63)])
    func `names of the wire's shape are accepted`(text: String) {
        #expect(EventType(text)?.text == text)
    }

    @Test(arguments: ["", "A", "new_project", "1A", "_A", "A B", "A-B", "Ä", "A" + String(repeating: "B", count: 64)])
    func `other shapes are refused`(text: String) {
        #expect(EventType(text) == nil)
    }

    @Test func `52 names are known`() {
        #expect(EventType.known.count == 52)
    }

    @Test(arguments: [("1.0", 42), ("1.2", 42), ("1.3", 22), ("1.4", 22), ("1.5", 50), ("1.6", 51)])
    func `each schema version has its events`(version: String, count: Int) throws {
        let events = try #require(EventType.schemaEvents(version))
        #expect(events.count == count)
        #expect(events.isSubset(of: EventType.known))
    }

    @Test(arguments: [
        ("1.0.1", "1.0"), ("1.0.2", "1.0"), ("1.4.7", "1.4"), ("1.5.0", "1.5"), ("1.5.1", "1.5"), ("1.5.10", "1.5"),
        ("1.6.12", "1.6"),
    ])
    func `a sub-version has the events of its version`(version: String, main: String) throws {
        let events = try #require(EventType.schemaEvents(main))
        #expect(EventType.schemaEvents(version) == events)
    }

    @Test(arguments: [
        "2.0", "2.0.1", "1.10", "1.50", "1.7", "1", "1.", "1.5.", "1.5..1", "1.5.1.2", "1.5-beta", "1.5.1-beta",
        "1.5.+1", "1.5.-1", "1.5.01", "01.5", "1.05", " 1.5", "1.5 ", "1.5.1 ", "1.5.٣", "v1.5", "",
    ])
    func `a version without a public list has none`(version: String) {
        #expect(EventType.schemaEvents(version) == nil)
    }
}
