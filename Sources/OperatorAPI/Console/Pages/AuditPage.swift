import Hummingbird
import Installations
import Marketplace

/// The audit log, newest first.
struct AuditPage {
    let console: Console

    func add(to pages: RouterGroup<OperatorContext>) {
        pages.add(.get, "audit", .needs(.admin, about: .deployment, parameters: ["cursor"]), use: show)
    }

    @Sendable private func show(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let services = console.services
        let cursor = try Parameters(request: request, context: context).page().cursor
        let page = try await services.audit.auditRecords(
            since: nil, of: nil, page: PageRequest(limit: InstallationPages.rows, cursor: cursor))
        let now = services.now()
        let view = AuditView(
            rows: page.items.map { AuditView.Row($0, now: now) },
            pager: PagerView("/audit", [], at: cursor, next: page.next))
        return console.page("audit", view, title: "Audit", in: .audit, command: "innkeeper audit list", context)
    }
}

struct AuditView {
    struct Row {
        let number: Int64
        let at: MomentView
        let actor: String
        let action: String
        /// What it is about.
        let about: String
        /// Where that is shown.
        let path: String?
        let outcome: String
        let detail: String

        init(_ record: AuditRecord, now: Timestamp) {
            let entry = record.entry
            number = record.number.value
            at = MomentView(entry.at, now: now)
            actor = entry.actor
            action = entry.action
            about = entry.installation.map { $0.workspaceID.text } ?? entry.subject
            path = entry.installation?.consolePath
            outcome = entry.outcome
            detail = entry.detail
        }
    }

    let rows: [Row]
    let pager: PagerView
}
