import Hummingbird
import Installations
import Marketplace
import Sealing
import Webhooks

/// Who is installed, and one of them.
struct InstallationPages {
    let console: Console
    /// Rows of a page.
    static let rows = 50

    func add(to pages: RouterGroup<OperatorContext>) {
        pages.add(
            .get, "installations",
            .needs(.read, parameters: ["addonKey", "workspaceId", "status", "cursor"]), use: list)
        pages.add(.get, "installations/{addonKey}/{workspaceId}/{addonId}", .needs(.read), use: show)
    }

    @Sendable private func list(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let (services, parameters) = (console.services, Parameters(request: request, context: context))
        let (items, cursor) = (try QueryItems(request), try parameters.page().cursor)
        let page = try await services.installations.installations(
            matching: try parameters.installationFilter(for: caller),
            page: PageRequest(limit: Self.rows, cursor: cursor))
        let chosen = ["addonKey", "workspaceId", "status"].map { ($0, items[$0] ?? "") }
        let now = services.now()
        let view = InstallationsView(
            rows: page.items.map { InstallationView($0, now: now) }, workspaceId: chosen[1].1,
            addons: services.manifests.map(\.key).filter(caller.sees).map {
                ChoiceView(value: $0.text, name: $0.text, isChosen: $0.text == chosen[0].1)
            },
            statuses: (["live", "all"] + InstallationStatus.allCases.map(\.rawValue)).map {
                ChoiceView(
                    value: $0, name: $0.lowercased(), isChosen: $0 == (chosen[2].1.isEmpty ? "live" : chosen[2].1))
            },
            isFirstEver: page.items.isEmpty && cursor == nil && chosen.allSatisfy { $0.1.isEmpty },
            pager: PagerView("/installations", chosen, at: cursor, next: page.next))
        return console.page(
            "installations", view, title: "Installations", in: .installations,
            command: "innkeeper installations list", context)
    }

    @Sendable private func show(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let services = console.services
        let id = try Parameters(request: request, context: context).installationID(for: caller)
        guard let installation = try await services.installations.installation(id) else {
            throw InstallationRoutes.unknown
        }
        let events = try await services.events.events(
            matching: EventFilter(
                addonKey: id.addonKey, among: caller.addons, workspaceID: id.workspaceID, addonID: id.addonID),
            page: PageRequest(limit: 10))
        let (now, names) = (services.now(), services.manifests.first { $0.key == id.addonKey }?.webhookEvents ?? [:])
        let view = InstallationDetailView(
            installation: InstallationView(installation, now: now),
            apiUrl: installation.apiURL(allowed: services.hosts)?.text,
            storageKey: installation.storageKey?.description,
            webhooks: installation.webhookPaths.map { path in
                WebhookView(
                    path: path.text, events: (names[path] ?? []).map(\.text).sorted().joined(separator: ", "))
            },
            warning: installation.refusedSinceInstall == 0
                ? nil
                : "\(installation.refusedSinceInstall) calls refused since its install: signed by the platform, with a token that "
                    + "is none of its own. If they go on, ask the workspace to reinstall the add-on.",
            events: events.items.map { EventView($0, now: now) },
            eventsPath: "/events?addonKey=\(id.addonKey.text.asPathPart)&workspaceId=\(id.workspaceID.text.asPathPart)"
                + "&addonId=\(id.addonID.text.asPathPart)")
        return console.page(
            "installation", view, title: id.workspaceID.text, in: .installations,
            command: "innkeeper installations show \(id.workspaceID.text)", context)
    }
}

struct InstallationsView {
    let rows: [InstallationView]
    let workspaceId: String
    let addons: [ChoiceView]
    let statuses: [ChoiceView]
    /// Whether nobody has ever installed anything: then the page says how that is done.
    let isFirstEver: Bool
    let pager: PagerView
}

struct InstallationView {
    let path: String
    let addonKey: String
    let workspaceId: String
    let addonId: String
    let status: String
    /// How loud it is.
    let tone: String
    let isForged: Bool
    let installed: MomentView?
    let updated: MomentView
    let ended: MomentView?

    init(_ installation: Installation, now: Timestamp) {
        path = installation.id.consolePath
        addonKey = installation.id.addonKey.text
        workspaceId = installation.id.workspaceID.text
        addonId = installation.id.addonID.text
        status = installation.status.rawValue
        tone =
            switch installation.status {
            case .active: "ok"
            case .inactive: "warn"
            case .superseded, .deleted: "off"
            }
        isForged = !installation.isGenuine
        installed = installation.installedAt.map { MomentView($0, now: now) }
        updated = MomentView(installation.updatedAt, now: now)
        ended = installation.endedAt.map { MomentView($0, now: now) }
    }
}

struct WebhookView {
    let path: String
    let events: String
}

struct InstallationDetailView {
    let installation: InstallationView
    let apiUrl: String?
    let storageKey: String?
    let webhooks: [WebhookView]
    /// What is wrong with it, in plain words.
    let warning: String?
    let events: [EventView]
    let eventsPath: String
}
