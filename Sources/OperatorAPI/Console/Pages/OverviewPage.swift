import Hummingbird
import Installations
import Marketplace
import Webhooks

/// How everything stands, on one page.
struct OverviewPage {
    let console: Console
    func add(to pages: RouterGroup<OperatorContext>) {
        pages.add(.get, "overview", .needs(.read, parameters: ["window"]), use: show)
    }

    @Sendable private func show(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let window = try Parameters(request: request, context: context).window()
        let services = console.services
        let targets = try await services.targetViews(for: caller).map { OverviewView.Target($0) }
        // What is of the whole deployment is no business of a key that is bound.
        guard caller.addons == nil else {
            let own = services.manifests.map(\.key).filter(caller.sees).map { OverviewView.Addon($0) }
            let view = OverviewView(sentence: "What this key is for", targets: targets, addons: own)
            return console.page("overview", view, title: "Overview", in: .overview, context)
        }
        let (now, standing) = (services.now(), await services.statistics.current())
        let series = await services.statistics.series(window)
        let view = OverviewView(
            sentence: OverviewView.sentence(standing), attention: CardsView(standing),
            figures: OverviewView.figures(standing, series),
            windows: StatisticsWindow.allCases.map {
                ChoiceView(value: $0.rawValue, name: $0.rawValue, isChosen: $0 == window)
            },
            charts: series.map(OverviewView.charts) ?? [], targets: targets,
            facts: OverviewView.facts(standing, now: now))
        return console.page(
            "overview", view, title: "Overview", in: .overview, command: "innkeeper stats",
            live: window.rawValue, context)
    }
}

/// What needs attention.
struct CardsView {
    /// More would not be read.
    private static let most = 5

    struct Card {
        let title: String
        let message: String
        /// Where to look; nil where the command is all there is.
        let path: String?
        let command: String
        let isBad: Bool

        init(_ attention: Attention) {
            (title, message, command) = (attention.title, attention.message, attention.remedy)
            isBad = attention.isCritical
            path = attention.path
        }
    }

    let cards: [Card]

    init(_ standing: Statistics.Standing) { cards = standing.attention.prefix(Self.most).map { Card($0) } }
}

struct OverviewView {
    struct Figure {
        /// What it is called in the news of it.
        let key: String
        let name: String
        let value: String
        let path: String
        var spark: SparkView?
    }

    struct Target {
        let addonKey: String
        let name: String
        let state: String
        let tone: String
        let rate: String
        let attempts: Int

        init(_ target: TargetState) {
            (addonKey, name, state, tone) = (target.id.addonKey.text, target.id.name, target.word, target.tone)
            rate = target.standing.rateText
            attempts = target.standing.delivered + target.standing.failed
        }
    }

    struct Fact {
        let name: String
        let value: String
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
    /// Nil for who is bound to some add-ons.
    var attention: CardsView?
    var figures: [Figure] = []
    var windows: [ChoiceView] = []
    var charts: [ChartView] = []
    var targets: [Target] = []
    var facts: [Fact] = []
    var addons: [Addon] = []

    // The sections of a list are there once for each of it; what is around a list asks these, which a template can only do of
    // properties that are stored.
    let hasWindows: Bool
    let hasTargets: Bool
    let hasFacts: Bool

    init(
        sentence: String, attention: CardsView? = nil, figures: [Figure] = [], windows: [ChoiceView] = [],
        charts: [ChartView] = [],
        targets: [Target] = [], facts: [Fact] = [], addons: [Addon] = []
    ) {
        self.sentence = sentence
        self.attention = attention
        self.figures = figures
        self.windows = windows
        self.charts = charts
        self.targets = targets
        self.facts = facts
        self.addons = addons
        (hasWindows, hasTargets, hasFacts) = (!charts.isEmpty, !targets.isEmpty, !facts.isEmpty)
    }

    /// Without an age that runs: who hears the page is told of what changes.
    static func sentence(_ standing: Statistics.Standing) -> String {
        let count = standing.attention.count
        guard count == 0 else { return count == 1 ? "One thing needs you" : "\(count) things need you" }
        guard let recent = standing.recent, standing.sample != nil else {
            return "Not everything could be read just now"
        }
        let oldest = recent.oldestWaiting.map { "the oldest waiting event came \($0.plain)" }
        return "All is well: \(oldest ?? "no event waits")"
    }

    static func figures(_ standing: Statistics.Standing, _ series: StatisticsSeries?) -> [Figure] {
        func sum(_ counts: [Int64]) -> String { "\(counts.reduce(0, +))" }
        var figures: [Figure] = []
        if let series {
            figures = [
                Figure(
                    key: "accepted", name: "Accepted", value: sum(series.accepted), path: "/events",
                    spark: SparkView(series.accepted)),
                Figure(
                    key: "delivered", name: "Delivered", value: sum(series.delivered), path: "/events?state=delivered",
                    spark: SparkView(series.delivered)),
                Figure(
                    key: "refused", name: "Refused", value: sum(series.allRefused),
                    path: "/overview?window=\(series.window.rawValue)",
                    spark: SparkView(series.allRefused)),
            ]
        }
        figures.append(
            Figure(key: "waiting", name: "Waiting", value: "\(standing.waiting)", path: "/events?state=pending"))
        guard let sample = standing.sample else { return figures }
        figures.append(
            Figure(key: "dead", name: "Dead letters", value: "\(sample.deadEvents)", path: "/events?state=dead"))
        let names: [(InstallationStatus, String)] = [(.active, "Active installations"), (.inactive, "Inactive")]
        return figures
            + names.map { status, name in
                Figure(
                    key: status.rawValue, name: name, value: "\(sample.installations[status] ?? 0)",
                    path: "/installations?status=\(status.rawValue)")
            }
    }

    static func charts(_ series: StatisticsSeries) -> [ChartView] {
        let tones = ["bad", "warn", "accent", "muted"]
        let reasons = series.refused.sorted { ($1.value.reduce(0, +), $0.key) < ($0.value.reduce(0, +), $1.key) }
        // More lines than colours would not be told apart: the rest is one.
        let named = reasons.prefix(tones.count - (reasons.count > tones.count ? 1 : 0))
        var lines = zip(named, tones).map { (name: $0.key, tone: $1, counts: $0.value) }
        let rest = reasons.dropFirst(named.count)
        if !rest.isEmpty {
            let counts = rest.reduce([Int64](repeating: 0, count: Int(series.window.steps))) { sums, one in
                zip(sums, one.value).map { $0 + $1 }
            }
            lines.append((name: "others", tone: "muted", counts: counts))
        }
        return [
            ChartView(
                "Accepted and delivered",
                [("accepted", "accent", series.accepted), ("delivered", "ok", series.delivered)], of: series),
            ChartView("Refused, by reason", lines, of: series),
        ]
    }

    static func facts(_ standing: Statistics.Standing, now: Timestamp) -> [Fact] {
        var facts: [Fact] = []
        if let promoted = standing.sample?.storageKeys.first(where: { $0.state == .primary })?.promotedAt {
            facts.append(Fact(name: "Storage key", value: "in use since \(promoted.plain)"))
        }
        if let recent = standing.recent {
            let backup = recent.newestBackup.map { "\(MomentView($0, now: now).age), \($0.plain)" }
            facts.append(Fact(name: "Newest backup", value: backup ?? "none yet: innkeeper backup FILE"))
        }
        return facts
    }
}

extension Attention {
    /// The page that leads on.
    fileprivate var path: String? {
        switch self {
        case .cannotWork, .damagedValues: "/doctor"
        case .targetDown: "/targets"
        case .inboxNearlyFull, .waitsLong: "/events?state=pending"
        case .deadLettersGrew: "/events?state=dead"
        case .tokenMismatches(let first, _): first.id.consolePath
        case .unfinishedRotation, .oldKey: "/keys"
        case .manyRefusals, .oldBackup: nil
        }
    }
}
