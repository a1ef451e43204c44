import Hummingbird
import Installations
import Marketplace

/// How everything stands, on one page.
struct OverviewPage {
    let console: Console
    /// Cards of what needs attention. More would not be read.
    private static let cards = 5

    func add(to pages: RouterGroup<OperatorContext>) { pages.add(.get, "overview", .needs(.read), use: show) }

    @Sendable private func show(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let services = console.services
        // What is of the whole deployment is no business of a key that is bound.
        guard caller.addons == nil else {
            let own = services.manifests.map(\.key).filter(caller.sees).map { OverviewView.Addon($0) }
            return console.page(
                "overview", OverviewView(sentence: "What this key is for", addons: own), title: "Overview",
                in: .overview, context)
        }
        let (now, waiting) = (services.now(), services.waiting())
        let sample = await services.figures()
        let attention = Attention.list(
            sample, readiness: await services.readiness(), waiting: waiting, room: services.room, now: now)
        let view = OverviewView(
            sentence: OverviewView.sentence(attention, oldest: sample?.oldestWaiting, now: now),
            cards: attention.prefix(Self.cards).map { OverviewView.Card($0, now: now) },
            figures: OverviewView.figures(sample, waiting: waiting))
        return console.page(
            "overview", view, title: "Overview", in: .overview, command: "innkeeper doctor", context)
    }
}

struct OverviewView {
    struct Card {
        let title: String
        let message: String
        /// Where to look, or the command to run.
        let path: String?
        let command: String?
        let isBad: Bool
    }

    struct Figure {
        let name: String
        let value: String
        let path: String
    }

    struct Addon {
        let key: String
        let path: String

        init(_ key: AddonKey) {
            self.key = key.text
            path = "/installations?addonKey=\(key.text.asPathPart)"
        }
    }

    let sentence: String
    var cards: [Card] = []
    var figures: [Figure] = []
    var addons: [Addon] = []

    static func sentence(_ attention: [Attention], oldest: Timestamp?, now: Timestamp) -> String {
        switch attention.count {
        case 0:
            "All is well: "
                + (oldest.map { "the oldest waiting event came \(MomentView($0, now: now).age)" } ?? "no event waits")
        case 1: "One thing needs you"
        case let count: "\(count) things need you"
        }
    }

    static func figures(_ sample: StoreSample?, waiting: Int) -> [Figure] {
        let events = [Figure(name: "Waiting events", value: "\(waiting)", path: "/events?state=pending")]
        guard let sample else { return events }
        let dead = Figure(name: "Dead letters", value: "\(sample.deadEvents)", path: "/events?state=dead")
        let names: [(InstallationStatus, String)] = [
            (.active, "Active installations"), (.inactive, "Inactive"), (.superseded, "Superseded"),
            (.deleted, "Deleted"),
        ]
        return events + [dead]
            + names.map { status, name in
                Figure(
                    name: name, value: "\(sample.installations[status] ?? 0)",
                    path: "/installations?status=\(status.rawValue)")
            }
    }
}

extension OverviewView.Card {
    init(_ attention: Attention, now: Timestamp) {
        isBad = attention.isCritical
        switch attention {
        case .cannotWork(let word):
            title = "The server cannot do its work: \(word)"
            message = "The platform's calls are answered 503, and nothing is pushed."
            (path, command) = ("/doctor", "innkeeper doctor")
        case .damagedValues(let count):
            title = "\(count) sealed \(count == 1 ? "value does" : "values do") not open"
            message = "The verification names each, and whose it is."
            (path, command) = (nil, "innkeeper keys verify")
        case .inboxNearlyFull(let percent):
            title = "\(percent) % of the inbox are taken"
            message = "When it is full, webhooks are answered 503. See why events are not delivered."
            (path, command) = ("/events?state=pending", nil)
        case .waitsLong(let since):
            title = "An event waits since \(MomentView(since, now: now).text)"
            message = "It came \(MomentView(since, now: now).age). The event says what its last attempt failed of."
            (path, command) = ("/events?state=pending", nil)
        case .unfinishedRotation(let left, let all):
            title = "A rotation of the storage key is not finished"
            message = "\(left) of \(all) installations are left. Nothing is lost: the command goes on with it."
            (path, command) = ("/keys", "innkeeper keys rotate")
        case .oldKey(let promotedAt):
            title = "The storage key is in use for over a year"
            message =
                "It was promoted \(MomentView(promotedAt, now: now).age). A rotation takes minutes, while everything is in use."
            (path, command) = ("/keys", "innkeeper keys rotate")
        }
    }
}
