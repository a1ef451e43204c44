import Testing

@testable import Innkeeper

@Suite struct ServerAddressTests {
    @Test(arguments: [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/manifest"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/manifest"),
        ("https://example.com/add-ons/mine/", "https://example.com/add-ons/mine/manifest"),
        ("http://[::1]:8080", "http://[::1]:8080/manifest"),
    ])
    func `the manifest lies below the address`(address: String, manifest: String) throws {
        #expect(try ServerAddress(address).manifest(of: nil) == manifest)
    }

    @Test func `a key is escaped in the manifest's address`() throws {
        let address = try ServerAddress("http://127.0.0.1:8080")
        #expect(address.manifest(of: "my add-on/ä?") == "http://127.0.0.1:8080/manifests/my%20add-on%2F%C3%A4%3F.json")
    }

    @Test(arguments: [
        "", "127.0.0.1:8080", "ftp://host", "http://", "http:///path", "http://host/?a=b", "http://h#f",
        "http://h:65536",
    ])
    func `what is not a server's address is refused`(text: String) {
        #expect(throws: SimulateError.badURL) { try ServerAddress(text) }
    }
}
