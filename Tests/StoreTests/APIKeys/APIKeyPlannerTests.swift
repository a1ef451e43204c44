import Installations
import Sealing
import TestSupport
import Testing

@testable import Store

@Suite struct APIKeyPlannerTests {
    private let now = TestClock().now

    private func key(used: Int64? = nil, isRevoked: Bool = false, isGenuine: Bool = true) -> APIKey {
        APIKey(
            id: "0b6308ae", name: "worker", grant: APIKeyGrant(scopes: [.read]), createdAt: now,
            lastUse: used.map { (Timestamp(milliseconds: now.milliseconds + $0), "::1") },
            revokedAt: isRevoked ? now : nil, isGenuine: isGenuine)
    }

    private func judged(_ key: APIKey, endsIn milliseconds: Int64? = nil) -> String {
        let end = milliseconds.map { Timestamp(milliseconds: now.milliseconds + $0) }
        switch APIKeyPlanner.judge(key, end: end, at: now) {
        case .valid: return "valid"
        case .refused(_, let why): return why
        case .unknown: return "unknown"
        }
    }

    @Test func `a key counts until its end, while nobody revoked or forged it`() {
        #expect(judged(key()) == "valid" && judged(key(), endsIn: 1) == "valid")
        #expect(judged(key(), endsIn: 0) == "expired")
        #expect(judged(key(isRevoked: true), endsIn: 1) == "revoked")
        #expect(judged(key(isRevoked: true, isGenuine: false)) == "forged")
    }

    @Test(arguments: [(nil, true), (0, false), (-59_999, false), (-60_000, true), (1, true)] as [(Int64?, Bool)])
    func `a use is noted once a minute, whichever way the clock went`(used: Int64?, isNoted: Bool) {
        #expect(APIKeyPlanner.notesUse(of: key(used: used), at: now) == isNoted)
    }

    @Test func `a revocation decides about a key that is there, and is recorded of any`() {
        let known = APIKeyPlanner.revocation(of: "0b6308ae", key(isGenuine: false), actor: .system, at: now)
        #expect(known.outcome == "revoked" && known.decides == "api-key:0b6308ae" && known.detail.hasPrefix("worker: "))
        let unknown = APIKeyPlanner.revocation(of: String(repeating: "x", count: 100), nil, actor: .system, at: now)
        #expect(unknown.outcome.hasPrefix("refused") && unknown.decides.isEmpty && unknown.subject.count == 64)
    }

    @Test func `the id inside a secret is found again, and in nothing else`() {
        let (id, secret) = APIKeySecret.random()
        #expect(APIKeySecret.id(inside: secret) == id)
        for text in ["", "ik_", "ik_0b6308ae", "ik_0b6308a_x", "xx_0b6308ae_x", "ik_0b6308ae_x_y"] {
            #expect(APIKeySecret.id(inside: SecretBytes(utf8: text)) == nil)
        }
    }
}
