import Hummingbird
import Installations

/// The pages of the navigation.
enum ConsoleSection: String, CaseIterable {
    case overview = "Overview"
    case installations = "Installations"
    case events = "Events"
    case targets = "Targets"
    case keys = "Storage keys"
    case audit = "Audit"
    case access = "Access"
    case doctor = "Doctor"

    var path: String {
        switch self {
        case .keys: "/keys"
        default: "/" + rawValue.lowercased()
        }
    }

    /// Whether it is about the deployment as a whole, and so comes behind a line.
    var isOfDeployment: Bool { ![.overview, .installations, .events, .targets].contains(self) }

    /// Whether somebody may see it.
    func isOpen(to principal: Principal) -> Bool {
        switch self {
        case .overview, .installations, .events, .targets: true
        case .keys: principal.addons == nil
        case .audit, .access, .doctor: principal.allows(.admin)
        }
    }
}

/// A page and what is around it.
struct PageView<Content> {
    let frame: FrameView
    let page: Content
}

/// What is around every page.
struct FrameView {
    struct Place {
        let name: String
        let path: String
        let isCurrent: Bool
        let begins: Bool
    }

    let title: String
    let places: [Place]
    let who: String
    let csrf: String
    /// The command that shows or does the same.
    let command: String?
    /// The window of time of figures that are kept up to date.
    let live: String?

    init(title: String, section: ConsoleSection?, command: String?, live: String? = nil, _ context: OperatorContext) {
        self.title = title
        self.command = command
        self.live = live
        who = context.visitor?.name ?? ""
        csrf = context.visitor?.formToken ?? ""
        var places: [Place] = []
        for one in ConsoleSection.allCases where context.principal.map(one.isOpen) ?? false {
            let begins = one.isOfDeployment && !places.contains { $0.begins }
            places.append(Place(name: one.rawValue, path: one.path, isCurrent: one == section, begins: begins))
        }
        self.places = places
    }
}
