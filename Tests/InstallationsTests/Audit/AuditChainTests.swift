import Marketplace
import Sealing
import TestSupport
import Testing

@testable import Installations

@Suite struct AuditChainTests {
    private let chain = AuditChain(key: .random())

    private func entry(outcome: String = "given", detail: String = "") -> AuditEntry {
        AuditEntry(
            at: Timestamp(milliseconds: 1), actor: "local:0", action: "installation.token", outcome: outcome,
            detail: detail)
    }

    @Test func `each field and the place in the chain are part of the hash`() throws {
        let base = chain.hash(entry(), number: 1, after: AuditChain.genesis)
        let owned = AuditEntry(
            at: Timestamp(milliseconds: 1), actor: "local:0", action: "installation.token",
            installation: try TestPlatform().id(), outcome: "given")
        let others = [
            chain.hash(entry(outcome: "refused"), number: 1, after: AuditChain.genesis),
            chain.hash(entry(detail: "x"), number: 1, after: AuditChain.genesis),
            chain.hash(entry(), number: 2, after: AuditChain.genesis), chain.hash(entry(), number: 1, after: base),
            chain.hash(owned, number: 1, after: AuditChain.genesis),
        ]
        for other in others { #expect(other != base) }
    }

    @Test func `text cannot move from one field to the next`() {
        let left = AuditEntry(at: Timestamp(milliseconds: 1), actor: "ab", action: "c", outcome: "")
        let right = AuditEntry(at: Timestamp(milliseconds: 1), actor: "a", action: "bc", outcome: "")
        #expect(
            chain.hash(left, number: 1, after: AuditChain.genesis)
                != chain.hash(right, number: 1, after: AuditChain.genesis))
    }

    @Test func `without the key nobody makes a record that follows`() {
        let forged = AuditChain(key: .random()).hash(entry(), number: 1, after: AuditChain.genesis)
        let record = AuditRecord(number: 1, entry: entry(), hash: forged)
        #expect(!chain.follows(record, number: 1, after: AuditChain.genesis))
    }
}
