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

    @Test(arguments: ["postgres://u:a/b@c@h:1/d", "postgres://u:a/b@h/d", "postgres://u:@h/d@e"])
    func `a password that was not escaped is meant for one, and shown nowhere`(url: String) {
        #expect(StoreAddress.meansPassword(url))
        #expect(StoreAddress(url: url).map { !$0.plainURL.contains("a") } ?? true)
    }

    @Test(arguments: ["postgres://u@h:1/d", "postgres://h:1/d", "postgres:///d?options=a:b@c", "postgres://u@h,i:2/d"])
    func `a port is no password`(url: String) {
        #expect(!StoreAddress.meansPassword(url) && StoreAddress(url: url) != nil)
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

    @Test(arguments: [
        ("postgres://u:p@h/d", "postgres://u@h/d"), ("postgres://u@h:1/d", "postgres://u@h:1/d"),
        ("postgres://h:1/d", "postgres://h:1/d"), ("postgresql://h/d?password=p", "postgres://h/d"),
        ("postgres://u:a?b@h/d", "postgres://u@h/d"), ("postgres://u@h/d?pass%77ord=p", "postgres://u@h/d"),
        (
            "postgres://u:a%40b@h,i:2/d?sslpassword=p&sslmode=require",
            "postgres://u@/d?host=h,i&port=,2&sslmode=require"
        ),
        ("postgres://:p@/d?host=%2Frun", "postgres:///d?host=%2Frun"),
    ])
    func `it is named without what is secret in it, and is the same one so`(url: String, plain: String) throws {
        let address = try #require(StoreAddress(url: url))
        #expect(address.plainURL == plain)
        let named = try #require(StoreAddress(url: plain))
        #expect(!named.hasPassword && named.isSame(as: address))
    }

    @Test func `another user, host or database is another one`() throws {
        let address = try #require(StoreAddress(url: "postgres://u@h/d"))
        for url in ["postgres://v@h/d", "postgres://u@i/d", "postgres://u@h/e", "postgres://u@h:1/d"] {
            #expect(try !#require(StoreAddress(url: url)).isSame(as: address))
        }
    }
}
