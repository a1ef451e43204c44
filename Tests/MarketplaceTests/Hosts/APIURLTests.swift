import Marketplace
import Testing

@Suite struct APIURLTests {
    @Test(arguments: [
        ("https://api.clockify.me/api", "https://api.clockify.me/api"),
        ("https://euc1.clockify.me/api/v1/", "https://euc1.clockify.me/api/v1"),
        ("https://clockify.me", "https://clockify.me"), ("https://clockify.me///", "https://clockify.me"),
        ("HTTPS://API.Clockify.me/Api", "https://api.clockify.me/Api"),
    ])
    func `a URL on an allowed host is kept`(url: String, kept: String) {
        #expect(APIURL(url, allowed: KnownPlatform.clockify.hosts)?.text == kept)
    }

    @Test(arguments: [
        "", "http://api.clockify.me", "https://", "https:///api", "api.clockify.me", "//api.clockify.me/api",
        "https://evilclockify.me", "https://clockify.me.evil.example", "https://evil.example/clockify.me",
        "https://clockify.me@evil.example/", "https://evil@clockify.me/", "https://evil.example#clockify.me",
        "https://clockify.me:443/api", "https://clockify.me:80@evil.example/", "https://clockify.me/api?x=1",
        "https://clockify.me/api#x", "https://clockify.me\\@evil.example/", "https://clockify.me./",
        "https://evil.example\u{0}.clockify.me", "https://clockify.me/%2e", "https://clockify.me/a b",
        " https://clockify.me", "https://clockify.me\n", "https://\u{212A}.clockify.me", "https://.clockify.me",
        "https://clockify.me/" + String(repeating: "a", count: 500),
    ])
    func `any other URL is refused`(url: String) {
        #expect(APIURL(url, allowed: KnownPlatform.clockify.hosts) == nil, "\(url)")
    }

    @Test func `the claim counts before the body, even when it is refused`() {
        let (good, other) = ("https://api.clockify.me/api", "https://euc1.clockify.me/api")
        #expect(APIURL.choose(claim: good, body: other, allowed: KnownPlatform.clockify.hosts)?.text == good)
        #expect(APIURL.choose(claim: nil, body: other, allowed: KnownPlatform.clockify.hosts)?.text == other)
        #expect(APIURL.choose(claim: "https://evil.example", body: other, allowed: KnownPlatform.clockify.hosts) == nil)
        #expect(APIURL.choose(claim: nil, body: nil, allowed: KnownPlatform.clockify.hosts) == nil)
    }
}
