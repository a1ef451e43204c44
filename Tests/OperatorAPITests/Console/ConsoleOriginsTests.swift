import Testing

@testable import OperatorAPI

/// The names that the console answers to.
@Suite struct ConsoleOriginsTests {
    @Test func `by default it answers to where it listens and to this machine's own names`() {
        let origins = ConsoleOrigins(bind: "10.0.0.7")
        for host in ["10.0.0.7:8081", "localhost", "LOCALHOST:8081", "127.0.0.1:1", "[::1]:8081"] {
            #expect(origins.isSecure(host) == false, "\(host)")
        }
        for host in [
            nil, "", "evil.example", "localhost.evil.example", "localhost:", "localhost:8081x", "10.0.0.7@evil",
        ] {
            #expect(origins.isSecure(host) == nil, "\(host ?? "none")")
        }
    }

    @Test func `an https origin makes cookies secure`() throws {
        let origins = try #require(ConsoleOrigins(["https://innkeeper.example.com", "console.example.com:8443"]))
        #expect(origins.isSecure("innkeeper.example.com") == true)
        #expect(origins.isSecure("console.example.com:8443") == false)
        #expect(origins.isSecure("localhost") == nil)
        #expect(origins.admits(origin: "https://innkeeper.example.com"))
        for origin in ["null", "https://evil.example", "file://innkeeper.example.com", "innkeeper.example.com"] {
            #expect(!origins.admits(origin: origin), "\(origin)")
        }
    }

    @Test(arguments: ["", "https://", "a b", "http://a/b", "host:port", "ü.example"])
    func `what is no host is refused`(text: String) { #expect(ConsoleOrigins([text]) == nil) }
}
