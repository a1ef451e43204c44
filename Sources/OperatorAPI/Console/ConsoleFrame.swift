import Foundation
import Hummingbird
import Installations
import Marketplace

/// The pages of the navigation.
enum ConsoleSection: String, CaseIterable {
    case overview = "Overview"
    case installations = "Installations"
    case events = "Events"
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
    var isOfDeployment: Bool { ![.overview, .installations, .events].contains(self) }

    /// Whether somebody may see it.
    func isOpen(to principal: Principal) -> Bool {
        switch self {
        case .overview, .installations, .events: true
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

    init(title: String, section: ConsoleSection?, command: String?, _ context: OperatorContext) {
        self.title = title
        self.command = command
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

/// A time as a page shows it: in UTC, with how long ago that was.
struct MomentView {
    let iso: String
    let text: String
    let age: String

    init(_ moment: Timestamp, now: Timestamp) {
        iso = moment.rfc3339
        text = String(iso.prefix(19)).replacing("T", with: " ")
        let seconds = (now.milliseconds - moment.milliseconds) / 1000
        age = seconds < 0 ? "in \(Self.length(-seconds))" : "\(Self.length(seconds)) ago"
    }

    /// A length in the one or two units that matter.
    static func length(_ seconds: Int64) -> String {
        switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }
}

/// Where a list goes on.
struct PagerView {
    /// Of the first page; nil on it.
    let first: String?
    /// Of the next page; nil on the last.
    let next: String?

    /// - Parameters:
    ///   - path: Of the list.
    ///   - items: What selects it.
    init(_ path: String, _ items: [(String, String)], at cursor: Cursor?, next: Cursor?) {
        let chosen = items.filter { !$0.1.isEmpty }
        func link(_ more: [(String, String)]) -> String {
            let query = (chosen + more).map { "\($0)=\($1.asPathPart)" }.joined(separator: "&")
            return query.isEmpty ? path : "\(path)?\(query)"
        }
        first = cursor == nil ? nil : link([])
        self.next = next.map { link([("cursor", $0.text)]) }
    }
}

/// A choice of a list.
struct ChoiceView {
    let value: String
    let name: String
    let isChosen: Bool
}

extension String {
    /// The same as one part of a path, or as a value in a query.
    var asPathPart: String {
        var allowed = CharacterSet(charactersIn: "a"..."z")
        allowed.insert(charactersIn: "A"..."Z")
        allowed.insert(charactersIn: "0"..."9")
        allowed.insert(charactersIn: "-._~")
        return addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    }
}

extension InstallationID {
    /// Where its page is.
    var consolePath: String {
        "/installations/\(addonKey.text.asPathPart)/\(workspaceID.text.asPathPart)/\(addonID.text.asPathPart)"
    }
}
