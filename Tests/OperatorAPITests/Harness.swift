import CoreMetrics
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Installations
import Logging
import Marketplace
import NIOCore
import SQLiteStore
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

@testable import OperatorAPI

/// The real operator API on a free port, over a real store.
struct Harness {
    let deployment: TestDeployment
    let services: OperatorServices

    /// - Parameters:
    ///   - audit: In place of the store's own log.
    ///   - files: What a backup has beside the store.
    init(
        over test: TestStore? = nil, audit: (any AuditStore)? = nil, files: [BackupFile] = []
    ) async throws {
        deployment = try await TestDeployment(over: test, audit: audit)
        let (store, clock) = (deployment.test.store, deployment.clock)
        let targets = Targets([
            Targets.Target(id: TargetID(addonKey: deployment.platform.manifest.key), address: "http://127.0.0.1:9")
        ])
        services = OperatorServices(
            manager: deployment.manager, installations: store, events: store, delivery: store,
            leases: deployment.leases,
            targets: targets, targetStore: store, audit: audit ?? store, calls: OperatorCalls(), storageKeys: store,
            keyManager: StorageKeyManager(store: store, keyring: deployment.test.keyring, now: { clock.now }),
            apiKeys: store, sessions: store,
            backups: BackupManager(store: store, program: "test", now: { clock.now }) { () throws(BackupError) in files
            },
            manifests: [deployment.platform.manifest], hosts: KnownPlatform.clockify.hosts,
            routes: try RouteTable([deployment.platform.manifest]),
            webhooks: deployment.authenticator,
            statistics: Statistics(
                store: store, targets: targets, pauses: store.pauses, waiting: { store.waitingEvents }, room: 1000,
                readiness: { await store.condition()?.word }, sample: { try? await store.sample() },
                now: { clock.now }),
            checks: { await store.findings(at: clock.now) },
            readiness: { await store.condition()?.word }, metrics: { "metric 1\n" },
            now: { clock.now })
    }

    /// A bearer header with a new key of these scopes.
    func bearer(_ scopes: Scope...) async throws -> HTTPFields { try await bearerOf(Set(scopes)) }

    func bearerOf(_ scopes: Set<Scope>) async throws -> HTTPFields {
        let (_, secret) = try await deployment.test.store.createAPIKey(
            name: "test", scopes: scopes, actor: .system, at: deployment.clock.now)
        let text = secret.expose("test") { String(decoding: $0, as: UTF8.self) }
        return [.authorization: "Bearer \(text)"]
    }

    /// A bearer header with a new key that is bound to these add-ons.
    func bearer(_ scopes: Set<Scope>, for addons: String...) async throws -> HTTPFields {
        let (_, secret) = try await deployment.test.store.createAPIKey(
            name: "bound", APIKeyGrant(scopes: scopes, addons: Set(addons.compactMap { AddonKey($0) })),
            actor: .system, at: deployment.clock.now)
        let text = secret.expose("test") { String(decoding: $0, as: UTF8.self) }
        return [.authorization: "Bearer \(text)"]
    }

    /// Runs the API while `body` asks it.
    func serving(
        _ access: OperatorAccess = .apiKeys, console: ConsoleOrigins? = ConsoleOrigins(bind: "127.0.0.1"),
        limits: OperatorLimits = OperatorLimits(),
        _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        let server = OperatorServer(
            services: services, console: console, metrics: MetricsSystem.factory, lines: LineBudget(), limits: limits)
        let application = server.application(
            at: .hostname("127.0.0.1", port: 0), access: access,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onListening: { _ in })
        try await application.test(.live, body)
    }
}

extension TestClientProtocol {
    /// One request: its status and body.
    func ask(
        _ method: HTTPRequest.Method, _ uri: String, _ headers: HTTPFields = [:], body: String? = nil
    ) async throws -> (status: Int, body: String, headers: HTTPFields) {
        let response = try await executeRequest(
            uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        return (response.status.code, String(buffer: response.body), response.headers)
    }
}
