import Foundation
import Marketplace
import TestSupport

/// An installation of the add-on under test, as the platform knows it.
struct Tenant: Hashable, Sendable {
    let workspace: String
    let addon: String

    init(_ workspace: String, _ addon: String? = nil) {
        self.workspace = workspace
        self.addon = addon ?? "inst-" + workspace
    }
}

/// The platform's side: signs and writes every call about one add-on.
///
/// Tokens differ by `salt` and by path, which the platform's own need not: a test can then tell whose token opened what.
struct Platform: Sendable {
    /// Who signs.
    let signer: StandInPlatform
    /// The add-on.
    let manifest: Manifest

    init(_ manifest: String) throws {
        let test = try TestPlatform(manifest: manifest)
        (signer, self.manifest) = (test.signer, test.manifest)
    }

    // MARK: Tokens

    /// A token with the five claims that every kind has, changed and extended by `claims`.
    func token(
        _ tenant: Tenant, _ claims: [(String, JSONValue)] = [], by signer: StandInPlatform? = nil
    ) throws -> String {
        let usual: [(String, JSONValue)] = [
            ("iss", .string("clockify")), ("sub", .string(manifest.key.text)), ("type", .string("addon")),
            ("workspaceId", .string(tenant.workspace)), ("addonId", .string(tenant.addon)),
        ]
        let changed = Set(claims.map(\.0))
        return try (signer ?? self.signer).sign(claims: usual.filter { !changed.contains($0.0) } + claims)
    }

    /// The token that opens a lifecycle route for five minutes.
    func lifecycleToken(_ tenant: Tenant, _ claims: [(String, JSONValue)] = []) throws -> String {
        let now = Int64(Date.now.timeIntervalSince1970)
        return try token(tenant, [("iat", .number("\(now)")), ("exp", .number("\(now + 300)"))] + claims)
    }

    /// The token of the platform's API.
    func installationToken(_ tenant: Tenant, salt: String = "1") throws -> String {
        try token(
            tenant, [("backendUrl", .string("https://api.clockify.me/api")), ("salt", .string(salt + "installation"))])
    }

    /// The token of one webhook path.
    func webhookToken(_ tenant: Tenant, _ path: String, salt: String = "1") throws -> String {
        try token(tenant, [("salt", .string(salt + path))])
    }

    // MARK: Calls

    /// INSTALLED with a token for each path; `spelling` is how the call writes a path.
    func install(
        _ tenant: Tenant, salt: String = "1", paths: [String]? = nil,
        spelling: (String) -> String = { "/" + $0 }
    ) throws -> Request {
        let webhooks = try (paths ?? Set(manifest.webhooks.map(\.path.text)).sorted()).map { path in
            """
            {"path":"\(spelling(path))","webhookType":"ADDON",\
            "authToken":"\(try webhookToken(tenant, path, salt: salt))"}
            """
        }
        return try lifecycle(
            .installed, tenant,
            """
            ,"authToken":"\(try installationToken(tenant, salt: salt))","asUser":"user1","addonUserId":"addonuser1",\
            "apiUrl":"https://api.clockify.me/api","unknown":[1],"webhooks":[\(webhooks.joined(separator: ","))]
            """)
    }

    /// STATUS_CHANGED.
    func status(_ tenant: Tenant, _ status: String) throws -> Request {
        try lifecycle(.statusChanged, tenant, #","status":"\#(status)""#)
    }

    /// SETTINGS_UPDATED.
    func settings(_ tenant: Tenant, _ settings: String = "[]") throws -> Request {
        try lifecycle(.settingsUpdated, tenant, #","settings":\#(settings)"#)
    }

    /// DELETED.
    func uninstall(_ tenant: Tenant) throws -> Request {
        try lifecycle(.deleted, tenant, #","asUser":"user1""#)
    }

    /// A webhook.
    func webhook(
        _ tenant: Tenant, path: String = "/webhooks/time", event: String = "NEW_TIME_ENTRY", body: [UInt8]? = nil,
        salt: String = "1"
    ) throws -> Request {
        let target = manifest.basePath == .root ? path : manifest.basePath.text + path
        return Request(
            target: target,
            fields: [
                ("Clockify-Signature", try webhookToken(tenant, path, salt: salt)),
                ("Clockify-Webhook-Event-Type", event),
            ], body: body ?? Array(#"{"workspaceId":"\#(tenant.workspace)"}"#.utf8))
    }

    /// A lifecycle call whose body has `members` beside the two ids.
    private func lifecycle(_ type: LifecycleType, _ tenant: Tenant, _ members: String) throws -> Request {
        guard let route = manifest.lifecycle.first(where: { $0.type == type }) else {
            throw Unexpected("the manifest has no \(type)")
        }
        return Request(
            target: route.path.below(manifest.basePath).text,
            fields: [("X-Addon-Lifecycle-Token", try lifecycleToken(tenant))],
            body: Array(#"{"addonId":"\#(tenant.addon)","workspaceId":"\#(tenant.workspace)"\#(members)}"#.utf8))
    }
}
