import Foundation
import Hummingbird
import Installations
import Marketplace
import Webhooks

/// One box that takes any id and opens what it names.
struct FindPage {
    let console: Console

    func add(to pages: RouterGroup<OperatorContext>) {
        pages.add(.get, "find", .needs(.read, parameters: ["id"]), use: find)
    }

    @Sendable private func find(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let id = (try QueryItems(request)["id"] ?? "").trimmingCharacters(in: .whitespaces)
        return .redirect(to: try await place(of: id, caller), type: .normal)
    }

    private func place(of id: String, _ caller: Principal) async throws -> String {
        if let event = EventID(id) { return "/events/\(event.text)" }
        if let workspaceID = WorkspaceID(id) {
            let filter = InstallationFilter(among: caller.addons, workspaceID: workspaceID, scope: .all)
            let found = try await console.services.installations.installations(
                matching: filter, page: PageRequest(limit: 2))
            if found.items.count == 1, let only = found.items.first { return only.id.consolePath }
            if !found.items.isEmpty { return "/installations?workspaceId=\(id.asPathPart)&status=all" }
        }
        // No index leads to an installation by its id alone; its events are searched for it.
        if AddonID(id) != nil { return "/events?addonId=\(id.asPathPart)" }
        throw OperatorError.notFound("nothing has this id; it is an event's, a workspace's or an installation's")
    }
}
