import Marketplace
import Sealing
import TestSupport
import Testing

@testable import Installations

@Suite struct DirectoryEntryTests {
    private let directory = TokenDirectory(limit: 1)

    @Test func `a loaded entry accepts no token`() throws {
        let entry = try entry(paths: ["/a", "/b"])
        for name in ["/a", "/b"] { #expect(!entry.accepts(digest(name), on: try path(name))) }
    }

    @Test func `tokens are confirmed one by one, however many there are`() throws {
        let paths = (0..<100).map { "/webhooks/\($0)" }
        var entry = try entry(paths: paths)
        // Neither in the order in which they are stored nor against it.
        let order = (0..<100).map { paths[$0 * 37 % 100] }
        for (count, name) in order.enumerated() {
            entry = try #require(entry.confirming(digest(name), on: try path(name)))
            let accepted = try paths.filter { entry.accepts(digest($0), on: try path($0)) }
            #expect(Set(accepted) == Set(order.prefix(count + 1)))
        }
    }

    @Test func `a token is confirmed for its path only, also when another path has the same one`() throws {
        let entry = try entry(tokens: [("/a", "same"), ("/b", "other"), ("/b", "same"), ("/b", "same")])
        let confirmed = try #require(entry.confirming(digest("same"), on: try path("/b")))
        #expect(confirmed.accepts(digest("same"), on: try path("/b")))
        #expect(!confirmed.accepts(digest("same"), on: try path("/a")))
        #expect(!confirmed.accepts(digest("other"), on: try path("/b")))
    }

    @Test func `a token that is not stored for the path confirms nothing`() throws {
        let entry = try entry(paths: ["/a", "/b"])
        #expect(entry.confirming(digest("/a"), on: try path("/b")) == nil)
        #expect(entry.confirming(digest("installation"), on: try path("/a")) == nil)
        #expect(entry.confirming(digest("/c"), on: try path("/c")) == nil)
    }

    private func entry(paths: [String]) throws -> DirectoryEntry {
        try entry(tokens: paths.map { ($0, $0) })
    }

    private func entry(tokens: [(path: String, token: String)]) throws -> DirectoryEntry {
        let id = try TestPlatform().id()
        let key = InstallationKey.random()
        let sealed = key.seal([1], in: id.context(.settings))
        let credentials = SealedCredentials(
            number: 1, status: .active, tokenSet: 1,
            wrappedKey: StorageKey.random().wrap(key, in: id.context(.installationKey)),
            webhookTokens: try tokens.map { (try path($0.path), sealed) })
        return try #require(
            DirectoryEntry(
                credentials: credentials, webhookTokens: try tokens.map { (try path($0.path), digest($0.token)) }))
    }

    private func digest(_ token: String) -> Digest { directory.digest(of: token) }

    private func path(_ text: String) throws -> RoutePath { try #require(RoutePath.normalise(text)) }
}
