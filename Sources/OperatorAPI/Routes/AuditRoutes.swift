import Hummingbird
import Installations
import Marketplace

/// The audit log.
struct AuditRoutes {
    let services: OperatorServices

    func add(to api: RouterGroup<OperatorContext>) {
        api.add(
            .get, "audit",
            .needs(
                .admin, about: .deployment, parameters: RouteRule.page("since", "addonKey", "workspaceId", "addonId")),
            use: list)
        api.add(.get, "audit/verify", .needs(.admin, about: .deployment, parameters: ["head"]), use: verify)
    }

    @Sendable private func list(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let parameters = Parameters(request: request, context: context)
        let page = try await services.audit.auditRecords(
            since: try parameters.moment("since"), of: try parameters.installationIDIfAny(), page: try parameters.page()
        )
        return JSONResponse.make(AuditPageJSON(records: page.items.map(AuditJSON.init), nextCursor: page.next?.text))
    }

    @Sendable private func verify(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let kept = try Parameters(request: request, context: context).query(
            "head", { AuditHead(text: $0) }, expected: "a number, a space and a hash, as audit head prints them")
        return JSONResponse.make(AuditVerdictJSON(try await services.audit.verifyAudit(against: kept)))
    }
}

extension AuditHead {
    /// Reads `NUMBER HASH`, as `audit head` prints it; nil for anything else.
    package init?(text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int64(parts[0]), number > 0, String(number) == parts[0],
            let hash = Hex.bytes(parts[1]), hash.count == AuditChain.genesis.count
        else { return nil }
        self.init(number: RecordNumber(number), hash: hash)
    }
}

extension AuditVerdictJSON {
    init(_ verdict: AuditVerdict) {
        switch verdict {
        case .intact(let records, let head):
            self.init(intact: true, records: records, head: Hex.text(head), brokenAt: nil, problem: nil)
        case .broken(let record):
            self.init(
                intact: false, records: record.previous.value, head: nil, brokenAt: record.value, problem: "broken")
        case .truncated(let records):
            self.init(intact: false, records: records, head: nil, brokenAt: records + 1, problem: "truncated")
        case .rewritten(let record):
            self.init(
                intact: false, records: record.previous.value, head: nil, brokenAt: record.value, problem: "rewritten")
        case .forged(let records, let rows):
            self.init(
                intact: false, records: records, head: nil, brokenAt: nil, problem: "forged",
                rows: rows.named.map(\.label))
        }
    }
}

extension AuditJSON {
    init(_ record: AuditRecord) {
        let entry = record.entry
        self.init(
            number: record.number.value, at: entry.at.rfc3339, actor: entry.actor, action: entry.action,
            addonKey: entry.installation?.addonKey.text, workspaceId: entry.installation?.workspaceID.text,
            addonId: entry.installation?.addonID.text, subject: entry.subject.isEmpty ? nil : entry.subject,
            outcome: entry.outcome, detail: entry.detail.isEmpty ? nil : entry.detail, hash: Hex.text(record.hash))
    }
}

/// Hexadecimal, lower case.
package enum Hex {
    /// The digits.
    package static func text(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// The bytes; nil for anything but pairs of lower-case digits.
    static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        let digits = Array("0123456789abcdef".utf8)
        let values = text.utf8.compactMap { digits.firstIndex(of: $0) }
        guard values.count == text.utf8.count, values.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
    }
}
