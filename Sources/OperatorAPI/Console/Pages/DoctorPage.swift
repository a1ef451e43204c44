import Hummingbird
import Installations

/// Every check, with what to do.
struct DoctorPage {
    let console: Console

    func add(to pages: RouterGroup<OperatorContext>) {
        pages.add(.get, "doctor", .needs(.admin, about: .deployment), use: show)
    }

    @Sendable private func show(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let findings = await console.services.checks()
        let rank: [Finding.Status: Int] = [.fail: 0, .warn: 1, .ok: 2]
        let ordered = findings.enumerated().sorted {
            (rank[$0.element.status] ?? 2, $0.offset) < (rank[$1.element.status] ?? 2, $1.offset)
        }
        return console.page(
            "doctor", DoctorView(rows: ordered.map { DoctorView.Row($0.element) }), title: "Doctor", in: .doctor,
            command: "innkeeper doctor", context)
    }
}

struct DoctorView {
    struct Row {
        let name: String
        let status: String
        let tone: String
        let message: String
        let fix: String?

        init(_ finding: Finding) {
            name = finding.name
            status = finding.status.rawValue
            tone =
                switch finding.status {
                case .ok: "ok"
                case .warn: "warn"
                case .fail: "bad"
                }
            message = finding.message
            fix = finding.fix
        }
    }

    let rows: [Row]
}
