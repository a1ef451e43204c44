import Installations
import TestSupport
import Testing

@Suite struct NewAPIKeyTests {
    private let now = TestClock().now

    private func problem(
        _ name: String = "a", _ scopes: [String] = ["read"], addons: [String]? = nil, expiresAt: String? = nil
    ) -> NewAPIKey.Problem? {
        do throws(NewAPIKey.Problem) {
            _ = try NewAPIKey(name: name, scopes: scopes, addons: addons, expiresAt: expiresAt, now: now)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a key has a name and scopes that there are`() {
        #expect(problem() == nil && problem(String(repeating: "é", count: 64)) == nil)
        for name in ["", String(repeating: "a", count: 65)] { #expect(problem(name) == .nameOrScopes) }
        for scopes in [[], ["root"], ["read", "root"]] { #expect(problem("a", scopes) == .nameOrScopes) }
    }

    @Test func `an empty list of add-ons is none and not all`() throws {
        #expect(problem(addons: []) == .addons)
        let key = try NewAPIKey(name: "a", scopes: ["read"], addons: nil, expiresAt: nil, now: now)
        #expect(key.grant.addons == nil && key.grant.expiresAt == nil)
    }

    @Test func `a key is bound to at most 64 add-ons, each by its key`() {
        #expect(problem(addons: (1...64).map { "addon-\($0)" }) == nil)
        #expect(problem(addons: (1...65).map { "addon-\($0)" }) == .addons)
        #expect(problem(addons: ["addon", "x"]) == .addons, "an add-on's key has two characters at least")
    }

    @Test func `an administrator's key is bound to no add-on, as it could make itself one that is not`() {
        #expect(problem("a", ["admin"]) == nil)
        #expect(problem("a", ["read", "admin"], addons: ["addon"]) == .boundAdministrator)
    }

    @Test func `a key ends in time to come`() {
        #expect(problem(expiresAt: Timestamp(milliseconds: now.milliseconds + 1).rfc3339) == nil)
        for end in [now.rfc3339, "2001-01-01T00:00:00Z", "tomorrow", ""] { #expect(problem(expiresAt: end) == .end) }
    }
}
