import Testing

@testable import Innkeeper

@Suite struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1", 8080), ("[::1]:0", "::1", 0), ("0.0.0.0:0", "0.0.0.0", 0),
        ("localhost:65535", "localhost", 65535), ("[fe80::1]:80", "fe80::1", 80),
    ])
    func `host and port are read and written back`(_ text: String, _ host: String, _ port: Int) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.description == text)
        #expect(address.authority(port: 9) == text.prefix(while: { _ in true }).dropLast("\(port)".count) + "9")
    }

    @Test(arguments: [
        "", ":", ":80", "host", "host:", "host:-1", "host:70000", "host:80a", "[host]:80", "[::1:80", "1.2.3:80",
        "host/path:80", "ho st:80", "-a:80", "a..b:80", "host:000080",
    ])
    func `anything else is no address`(_ text: String) {
        #expect(ListenAddress(text) == nil)
    }
}
