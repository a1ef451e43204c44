import HTTPTypes
import Hummingbird
import Installations
import Logging
import Sealing
import ServiceLifecycle
import Synchronization

/// The add-on's own code in the demo: a real HTTP server on a free port that verifies every delivery. It refuses the
/// first webhook of one workspace until it is mended.
final class DemoBackend: Sendable {
    /// What arrived so far.
    struct Report: Sendable {
        /// Events, each counted once.
        var events = 0
        /// Deliveries whose signature was wrong.
        var unverified = 0
        /// Events that came before their installation's install or after its end.
        var misplaced = 0
        /// The event that was refused.
        var refused: String?
        /// Whether the refused event was taken after all.
        var hasTakenRefused = false
        /// The last event of each installation, by its full name.
        fileprivate var last: [String: (id: String, isEnd: Bool)] = [:]
    }

    private let secret: SigningSecret
    private let stubborn: String
    private let report = Mutex(Report())
    private let isMended = Atomic(false)

    private init(secret: SigningSecret, stubborn: String) {
        self.secret = secret
        self.stubborn = stubborn
    }

    /// So far.
    var soFar: Report { report.withLock { $0 } }

    /// From now on nothing is refused.
    func mend() { isMended.store(true, ordering: .relaxed) }

    /// Serves while `body` runs, which gets the backend and its URL. `stubborn` is the workspace whose first webhook is
    /// refused.
    static func serving<Result: Sendable>(
        secret: SigningSecret, stubborn: String,
        _ body: @escaping @Sendable (DemoBackend, _ url: String) async throws -> Result
    ) async throws -> Result {
        let backend = DemoBackend(secret: secret, stubborn: stubborn)
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let router = Router()
        router.post("events") { request, _ in try await backend.receive(request) }
        var quiet = Logger(label: "demo backend")
        quiet.logLevel = .critical
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in port.yield(channel.localAddress?.port ?? 0) }, logger: quiet)
        let group = ServiceGroup(configuration: .init(services: [.init(service: application)], logger: quiet))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let outcome: Swift.Result<Result, any Error>
            do {
                let port = await ports.first { _ in true } ?? 0
                outcome = .success(try await body(backend, "http://127.0.0.1:\(port)/events"))
            } catch {
                outcome = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try outcome.get()
        }
    }

    private func receive(_ request: Request) async throws -> Response {
        var request = request
        let body = Array(try await request.collectBody(upTo: 2 << 20).readableBytesView)
        func header(_ name: String) -> String { HTTPField.Name(name).flatMap { request.headers[$0] } ?? "" }
        let id = header("webhook-id")
        let genuine = Int64(header("webhook-timestamp")).map { secret.signature(id: id, timestamp: $0, body: body) }
        let event = Event(
            id: id, type: header("innkeeper-event-type"), workspace: header("innkeeper-workspace-id"),
            installation: header("innkeeper-addon-id"))
        // A receiver elsewhere compares in constant time; here nobody else can send anything.
        let isVerified = header("webhook-signature") == genuine
        return Response(status: report.withLock { note(event, isVerified, &$0) } ? .noContent : .badRequest)
    }

    private struct Event {
        let id: String
        let type: String
        let workspace: String
        let installation: String

        var isEnd: Bool { ["addon.deleted", "addon.superseded"].contains(type) }
        var isWebhook: Bool { !type.hasPrefix("addon.") }
    }

    /// Returns whether the event is taken.
    private func note(_ event: Event, _ isVerified: Bool, _ report: inout Report) -> Bool {
        guard isVerified else {
            report.unverified += 1
            return false
        }
        if event.id == report.refused {
            guard isMended.load(ordering: .relaxed) else { return false }
            report.hasTakenRefused = true
            return true
        }
        let stream = "\(event.workspace)/\(event.installation)"
        let last = report.last[stream]
        if last?.id == event.id { return true }  // Delivered again: the answer got lost.
        report.events += 1
        let isInPlace = last.map { !$0.isEnd } ?? (event.type == "addon.installed")
        if !isInPlace { report.misplaced += 1 }
        report.last[stream] = (event.id, event.isEnd)
        if event.workspace == stubborn, event.isWebhook, report.refused == nil {
            report.refused = event.id
            return false
        }
        return true
    }
}
