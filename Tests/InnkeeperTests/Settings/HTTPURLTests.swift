import Marketplace
import TestSupport
import Testing

@testable import Innkeeper

@Suite struct HTTPURLTests {
    @Test(arguments: [
        ("http://127.0.0.1:9000/", "http://127.0.0.1:9000", "/"), ("https://a.example", "https://a.example", ""),
        ("http://[::1]:1/a%20b?x=1&y=%C3%A4", "http://[::1]:1", "/a%20b?x=1&y=%C3%A4"),
        ("http://[::1]", "http://[::1]", ""),
        ("http://my_container:65535?x", "http://my_container:65535", "?x"),
    ])
    func `a URL is taken apart`(_ text: String, _ origin: String, _ target: String) throws {
        let url = try #require(HTTPURL(text))
        #expect(url.origin == origin && url.target == target)
    }

    @Test(arguments: [
        "", "http://", "HTTP://a", "ftp://a/", "http:///a", "http://:80/", "http://a:/", "http://a:0/",
        "http://a:65536/",
        "http://a:99999999999999999999/", "http://a:-1/", "http://a:+80/", "http://a:8o80/", "http://a:80:80/",
        "http://[]/",
        "http://[::1/", "http://::1/", "http://[::1]x/", "http://[::1]:/", "http://u@a/", "http://a/#b", "http://a b/",
        "http://a/b c", "http://a/%", "http://a/%2", "http://a/%2g", "http://a/\u{e9}", "http://a/|", "http://1.2.3/",
        "http://a../", "http://a\\b/", "http://" + String(repeating: "a", count: 64) + "/",
    ])
    func `what a client would stumble over later is refused at once`(_ text: String) {
        #expect(HTTPURL(text) == nil)
    }

    @Test(.enabled(if: Cases.areAvailable, Cases.absent))
    func `values that once passed the start and ended the process later`() throws {
        let bytes = try Cases.bytes("forward-urls.json")
        let cases = try StrictJSON.parse(bytes.span).object?["cases"]?.array ?? []
        #expect(cases.count == 15)
        for case .object(let one) in cases {
            let url = one["url"]?.string ?? ""
            let starts = one["expect"]?.string == "start"
            #expect((HTTPURL(url) != nil) == starts, "\(url)")
        }
    }
}
