import Testing

@testable import PostgresStore

@Suite struct StoreAddressTests {
    @Test(arguments: ["", "sqlite", "mysql://h/d", "host=h dbname=d", "postgres://h/d?nosuch=1", "postgres://[::1/d"])
    func `what is no URL of a database is none`(text: String) { #expect(StoreAddress(url: text) == nil) }

    @Test(arguments: [
        ("postgres://u@h/d", false), ("postgres://u:p@h/d", true), ("postgresql://h/d?password=p", true),
        ("postgres://h/d?user=u", false),
    ])
    func `a password in it is noticed, wherever it stands`(url: String, has: Bool) {
        #expect(StoreAddress(url: url)?.hasPassword == has)
    }

    @Test(arguments: [
        ("postgres://h/d", nil), ("postgres://h/d?sslmode=verify-full", nil),
        ("postgres://127.0.0.1/d?sslmode=disable", nil),
        ("postgres:///d?host=%2Frun&sslmode=disable", nil), ("postgres://h/d?sslmode=require", "require"),
        ("postgres://127.0.0.1,h/d?sslmode=prefer", "prefer"),
    ])
    func `less than a server that is known by its name is told, off this machine`(url: String, mode: String?) {
        let weakness = StoreAddress(url: url)?.weakness
        #expect(mode.map { weakness?.contains("sslmode=\($0)") == true } ?? (weakness == nil))
    }
}
