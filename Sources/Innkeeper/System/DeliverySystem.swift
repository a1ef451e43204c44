import Installations
import Logging
import Marketplace
import Metrics
import Sealing
import ServiceLifecycle
import Store
import Webhooks

/// Everything that delivers, tied together.
struct DeliverySystem: Sendable {
    private let store: Store
    private let forwards: [AddonKey: ForwardTarget]
    private let retention: EventRetention
    private let metrics: any MetricsFactory
    private let now: Now
    /// Connections to each target.
    private let connections: Int
    /// What is said of deliveries; it outlives all who deliver.
    let log: DeliveryLog
    private let streams: ReadyStreams
    private let holdTimer = HoldTimer()
    /// Commits what became of events; deliveries and workers need it to the end.
    let settlementWriter: SettlementWriter
    /// Pull.
    let leases: Leases
    /// Push, as operators see it.
    let targets: Targets

    init(
        store: Store, forwards: [AddonKey: ForwardTarget], retention: EventRetention,
        connections: Int, log: DeliveryLog, metrics: any MetricsFactory, now: @escaping Now
    ) {
        self.store = store
        self.forwards = forwards
        self.retention = retention
        self.metrics = metrics
        self.now = now
        self.connections = connections
        self.log = log
        streams = ReadyStreams(pushed: Set(forwards.keys))
        targets = Targets(
            forwards.map { addonKey, forward in
                Targets.Target(id: TargetID(addonKey: addonKey), address: forward.address)
            })
        settlementWriter = SettlementWriter(store: store)
        leases = Leases(
            store: store, settlementWriter: settlementWriter, streams: streams, holdTimer: holdTimer,
            pushed: Set(forwards.keys),
            log: log, metrics: metrics, now: now)
    }

    /// Where events are pushed, with the secrets and the trusted authorities read from their files. Asked before anything
    /// listens.
    func pushTargets() throws(StartupError) -> [PushTarget] {
        var targets: [PushTarget] = []
        for (addonKey, forward) in forwards {
            let authorities = try forward.authorities.read(for: addonKey)
            do throws(KeyFileError) {
                targets.append(
                    PushTarget(
                        addonKey: addonKey, url: forward.url, secrets: try SigningSecretFile.read(forward.secretFile),
                        trusting: authorities))
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
        // A client trusts the same for all its connections, so targets share one as far as they trust the same.
        let clients = Dictionary(grouping: targets, by: \.authorities).map { authorities, targets in
            (PushClient(limits: limits, trusting: authorities), targets)
        }
        let forwarders = clients.flatMap { client, targets in
            targets.map { [breaker] target in
                Forwarder(
                    to: target, store: store, settlementWriter: settlementWriter, streams: streams,
                    holdTimer: holdTimer, client: client, pauses: store.pauses,
                    figures: self.targets[target.id]?.figures ?? TargetFigures(),
                    breaker: breaker, log: log, metrics: metrics, now: now)
            }
        }
        return [EventSweeper(store: store, retention: retention, logger: logger, now: now)] + clients.map(\.0)
            + [Dispatcher(store: store, streams: streams, holdTimer: holdTimer, log: log, now: now)] + forwarders
    }
}
