import Foundation
import Hummingbird
import Installations
import Marketplace
import Webhooks

/// Query and path parameters, strictly read: a value that cannot be right is an error, never ignored.
struct Parameters {
    let request: Request
    let context: OperatorContext

    /// The full key in the path.
    func installationID(for caller: Principal) throws -> InstallationID {
        guard let addonKey = AddonKey(try path("addonKey")), let workspaceID = WorkspaceID(try path("workspaceId")),
            let addonID = AddonID(try path("addonId")), caller.sees(addonKey)
        else { throw OperatorError.notFound("there is no such installation") }
        return InstallationID(addonKey: addonKey, workspaceID: workspaceID, addonID: addonID)
    }

    /// The event id in the path.
    func eventID() throws -> EventID {
        guard let id = EventID(try path("id")) else { throw OperatorError.notFound("there is no such event") }
        return id
    }

    /// A part of the path.
    func path(_ name: String) throws -> String {
        let text = try context.parameters.require(name)
        guard let decoded = text.removingPercentEncoding else {
            throw OperatorError.badRequest("\(name) is not percent-encoded UTF-8")
        }
        return decoded
    }

    /// An optional query parameter, converted; empty counts as absent.
    func query<T>(_ name: String, _ convert: (String) -> T?, expected: String) throws -> T? {
        guard let text = try QueryItems(request)[name], !text.isEmpty else { return nil }
        guard let value = convert(text) else { throw OperatorError.badRequest("\(name) must be \(expected)") }
        return value
    }

    func addonKey() throws -> AddonKey? {
        try query("addonKey", { AddonKey($0) }, expected: "an add-on key")
    }

    func workspaceID() throws -> WorkspaceID? {
        try query("workspaceId", { WorkspaceID($0) }, expected: "a workspace id")
    }

    func addonID() throws -> AddonID? {
        try query("addonId", { AddonID($0) }, expected: "an installation id")
    }

    /// The full key in the query: all three parts or none.
    func installationIDIfAny() throws -> InstallationID? {
        switch (try addonKey(), try workspaceID(), try addonID()) {
        case (nil, nil, nil): return nil
        case (let addonKey?, let workspaceID?, let addonID?):
            return InstallationID(addonKey: addonKey, workspaceID: workspaceID, addonID: addonID)
        default: throw OperatorError.badRequest("addonKey, workspaceId and addonId belong together")
        }
    }

    /// The page asked for.
    func page() throws -> PageRequest {
        let limit = try query(
            "limit", { text in Int(text).flatMap { (1...PageRequest.maximum).contains($0) ? $0 : nil } },
            expected: "a number from 1 to \(PageRequest.maximum)")
        let cursor = try query("cursor", { Cursor($0) }, expected: "a nextCursor from an earlier page")
        return PageRequest(limit: limit ?? 100, cursor: cursor)
    }

    // MARK: What a list selects

    /// The installations asked for, of those that there are for somebody.
    func installationFilter(for caller: Principal) throws -> InstallationFilter {
        let states = try query("status", Self.states, expected: "live, all or a status")
        return InstallationFilter(
            addonKey: try addonKey(), among: caller.addons, workspaceID: try workspaceID(), scope: states ?? .live)
    }

    /// The events asked for, of those that there are for somebody.
    func eventFilter(for caller: Principal) throws -> EventFilter {
        let state = try query(
            "state", { EventState(rawValue: $0) }, expected: "pending, leased, delivered or dead")
        return EventFilter(
            state: state, addonKey: try addonKey(), among: caller.addons, workspaceID: try workspaceID(),
            addonID: try addonID(),
            type: try query("type", Self.eventName, expected: "the name of an event, such as NEW_TIME_ENTRY"),
            since: try moment("since"), until: try moment("until"))
    }

    /// A time in the query. The plus of an offset that nobody has encoded comes as a space, which no such time has.
    func moment(_ name: String) throws -> Timestamp? {
        try query(name, { Timestamp(rfc3339: $0.replacing(" ", with: "+")) }, expected: "an RFC 3339 time")
    }

    /// What selects events, and is said in a query.
    static let ofEvents = ["state", "type", "addonKey", "workspaceId", "addonId", "since", "until"]

    /// The name of a webhook's event, or of one of the lifecycle's.
    private static func eventName(_ text: String) -> String? {
        let isLifecycle = text.wholeMatch(of: #/addon\.[a-z_]{1,58}/#) != nil
        return isLifecycle || EventType(text) != nil ? text : nil
    }

    private static func states(_ text: String) -> InstallationFilter.States? {
        switch text {
        case "live": .live
        case "all": .all
        default: InstallationStatus(rawValue: text).map { .only($0) }
        }
    }
}
