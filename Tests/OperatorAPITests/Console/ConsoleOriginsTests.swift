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
    }

    @Test func `a form comes from the name and port that it is sent to`() {
        func isSame(_ origin: String, _ authority: String, isSecure: Bool = false) -> Bool {
            ConsoleOrigins.isSame(origin: origin, as: authority, isSecure: isSecure)
        }
        #expect(isSame("http://localhost:8081", "LOCALHOST:8081") && isSame("https://a.example", "a.example"))
        #expect(isSame("https://a.example", "a.example", isSecure: true))
        #expect(!isSame("http://a.example", "a.example", isSecure: true))
        #expect(!isSame("http://localhost:3000", "localhost:8081"))
        for origin in ["null", "https://evil.example", "file://a.example", "a.example", ""] {
            #expect(!isSame(origin, "a.example"), "\(origin)")
        }
    }

    @Test func `an IPv6 address is known however it is written`() {
        for bind in ["2001:DB8::1", "2001:db8:0:0:0:0:0:1"] {
            #expect(ConsoleOrigins(bind: bind).isSecure("[2001:db8::1]:8081") == false, "\(bind)")
        }
    }

    @Test(arguments: ["", "https://", "a b", "http://a/b", "host:port", "ü.example"])
    func `what is no host is refused`(text: String) { #expect(ConsoleOrigins([text]) == nil) }
}
