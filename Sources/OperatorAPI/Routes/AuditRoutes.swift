import Hummingbird
import Installations
import Marketplace

/// The audit log.
struct AuditRoutes {
    let services: OperatorServices

    func add(to api: RouterGroup<OperatorContext>) {
        api.get("audit", use: list)
        api.get("audit/verify", use: verify)
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.admin)
        let parameters = Parameters(request: request, context: context)
        let page = try await services.audit.auditRecords(
            since: try parameters.query("since", { Timestamp(rfc3339: $0) }, expected: "an RFC 3339 time"),
            of: try parameters.installationIDIfAny(), page: try parameters.page())
        return JSONResponse.make(AuditPageJSON(records: page.items.map(AuditJSON.init), nextCursor: page.next?.text))
    }

    @Sendable private func verify(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.admin)
        switch try await services.audit.verifyAudit() {
        case .intact(let records, let head):
            return JSONResponse.make(
                AuditVerdictJSON(intact: true, records: records, head: Hex.text(head), brokenAt: nil))
        case .broken(let number):
            return JSONResponse.make(
                AuditVerdictJSON(intact: false, records: number - 1, head: nil, brokenAt: number))
        }
    }
}

extension AuditJSON {
    init(_ record: AuditRecord) {
        let entry = record.entry
        self.init(
            number: record.number, at: entry.at.rfc3339, actor: entry.actor, action: entry.action,
            addonKey: entry.installation?.addonKey.text, workspaceId: entry.installation?.workspaceID.text,
            addonId: entry.installation?.addonID.text, subject: entry.subject.isEmpty ? nil : entry.subject,
            outcome: entry.outcome, detail: entry.detail.isEmpty ? nil : entry.detail, hash: Hex.text(record.hash))
    }
}

/// Hexadecimal, lower case.
enum Hex {
    static func text(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
