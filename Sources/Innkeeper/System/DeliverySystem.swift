import Installations
import Logging
import Marketplace
import Metrics
import SQLiteStore
import Sealing
import ServiceLifecycle
import Webhooks

/// Everything that delivers, tied together.
struct DeliverySystem: Sendable {
    private let store: SQLiteStore
    private let forwards: [AddonKey: ForwardTarget]
    private let retention: EventRetention
    private let metrics: any MetricsFactory
    private let now: Now
    /// Connections to each target.
    private let connections: Int
    private let lines: LineBudget
    private let streams = ReadyStreams()
    private let alarm = Alarm()
    /// Commits what became of events; deliveries and workers need it to the end.
    let settler: Settler
    /// Pull.
    let leases: Leases

    init(
        store: SQLiteStore, forwards: [AddonKey: ForwardTarget], retention: EventRetention,
        connections: Int, lines: LineBudget, metrics: any MetricsFactory, now: @escaping Now
    ) {
        self.store = store
        self.forwards = forwards
        self.retention = retention
        self.metrics = metrics
        self.now = now
        self.connections = connections
        self.lines = lines
        settler = Settler(store: store)
        leases = Leases(
            store: store, settler: settler, streams: streams, alarm: alarm, pushed: Set(forwards.keys),
            metrics: metrics, now: now)
    }

    /// Where events are pushed, with the secrets read from their files. Asked before anything listens.
    func targets() throws(StartupError) -> [PushTarget] {
        var targets: [PushTarget] = []
        for (addonKey, forward) in forwards {
            do {
                targets.append(
                    PushTarget(
                        addonKey: addonKey, url: forward.url, secrets: try SigningSecretFile.read(forward.secretFile)))
            } catch {
                throw .keyFile(error)
            }
        }
        return targets
    }

    /// What runs while the server does, in the order of its start.
    func services(to targets: [PushTarget], logger: Logger) -> [any Service] {
        var limits = PushClient.Limits()
        limits.connections = connections
        // More at once would wait for a connection, and be taken for a target that does not answer.
        var breaker = CircuitBreaker.Limits()
        breaker.places = min(breaker.places, connections)
        let client = PushClient(limits: limits)
        let forwarders = targets.map { [breaker] target in
            Forwarder(
                to: target, store: store, settler: settler, streams: streams, alarm: alarm, client: client,
                breaker: breaker, logger: logger, metrics: metrics, lines: lines, now: now)
        }
        return [
            EventSweeper(store: store, retention: retention, logger: logger, now: now), client,
            Dispatcher(store: store, streams: streams, alarm: alarm, logger: logger, now: now),
        ] + forwarders
    }
}
