import Marketplace
import Testing

@Suite struct RoutePathTests {
    @Test(arguments: [
        ("/a/b", "/a/b"), ("//a/b", "/a/b"), ("/a//b///", "/a/b"), ("a/b", "/a/b"), ("/a/b/", "/a/b"), ("/", "/"),
        ("///", "/"), ("/a?x=1", "/a"), ("/a#f", "/a"), ("/a/?x=/b/", "/a"), ("https://h.example/a/b/", "/a/b"),
        ("HTTP://h.example:80//a", "/a"), ("https://h.example", "/"), ("https://h.example?x", "/"),
        ("?x", "/"), ("/http://h/a", "/http:/h/a"), ("ftp://h/a", "/ftp:/h/a"),
    ])
    func `all forms of a path come to one`(text: String, normal: String) {
        #expect(RoutePath.normalise(text)?.text == normal)
    }

    @Test(arguments: ["", "/a b", "/a\n", "/a\u{0}", "/\u{7F}", "/" + String(repeating: "a", count: 2048)])
    func `what no path can be is refused`(text: String) {
        #expect(RoutePath.normalise(text) == nil)
    }

    @Test func `a path has a bound, and what stands around it has none`() {
        let (path, query) = (String(repeating: "a", count: 2046), String(repeating: "q", count: 2400))
        for text in [
            "/\(path)", "/\(path)/?\(query)", "/\(path)#\(query)", "https://\(query).example/\(path)?\(query)",
        ] {
            #expect(RoutePath.normalise(text)?.text == "/\(path)")
        }
        #expect(RoutePath.normalise("/\(path)aa?q") == nil)
        #expect(RoutePath.normalise("/a?b c") == nil)
    }

    @Test(arguments: ["/a/%62", "/A/b", "/a/./b", "/a/../a/b", "/a/b;x", "/a\\b"])
    func `another spelling of a path is another path`(text: String) throws {
        let path = try #require(RoutePath.normalise(text))
        #expect(path.text == text)
        #expect(path != RoutePath.normalise("/a/b"))
    }

    @Test func `normal forms do not change again`() throws {
        for text in ["//a//b/?", "https://h/x/", "/é//"] {
            let path = try #require(RoutePath.normalise(text))
            #expect(RoutePath.normalise(path.text) == path)
        }
    }

    @Test func `paths lie below a base`() throws {
        let base = try #require(RoutePath.normalise("/v1"))
        let path = try #require(RoutePath.normalise("/hook"))
        #expect(path.below(base).text == "/v1/hook")
        #expect(path.below(.root) == path)
        #expect(RoutePath.root.below(base) == base)
    }
}
