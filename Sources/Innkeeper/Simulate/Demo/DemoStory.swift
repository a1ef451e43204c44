import Marketplace

/// The demo's story: what the platform and its enemies send, in order.
struct DemoStory: Sendable {
    /// Writes what the platform sends.
    let calls: StandInCalls
    /// Writes the same with a key the server was not told to trust.
    let forger: StandInCalls
    /// Who plays what.
    let cast: DemoCast
    /// How many webhooks each workspace sends at first.
    let webhooks: Int
    /// The manifest's first and last webhook: two paths, and the first does not take the last one's event.
    let (first, last): (Manifest.WebhookPath, Manifest.WebhookPath)

    /// A story for the sample manifest.
    init(calls: StandInCalls, forger: StandInCalls, cast: DemoCast, webhooks: Int) throws(SimulateError) {
        guard let first = calls.manifest.webhooks.first, let last = calls.manifest.webhooks.last else {
            throw .noWebhooks
        }
        (self.calls, self.forger, self.cast, self.webhooks) = (calls, forger, cast, webhooks)
        (self.first, self.last) = (first, last)
    }

    /// All of it.
    var chapters: [(title: String, scenes: [DemoScene])] {
        [
            ("The platform at work", work), ("Webhooks that must be refused", refusedWebhooks),
            ("Lifecycle calls that must be refused", refusedLifecycle), ("Pauses and changes", changes),
            ("Uninstalls and reinstalls", endings),
        ]
    }

    /// What goes on while the storage key changes.
    var load: DemoScene {
        scene("webhooks during the rotation", cast.steady, times: webhooks, 204) { try genuine($0, $1) }
    }

    private var work: [DemoScene] {
        [
            scene("\(cast.workspaces) workspaces install the add-on", cast.all, 204) { workspace, _ in
                try calls.installed(workspace, now: CallSession.now)
            },
            scene("each of them sends \(webhooks) webhooks", cast.all, times: webhooks, 204) { try genuine($0, $1) },
            scene("some change the add-on's settings", cast.leaving, 204) { workspace, _ in
                try calls.settingsUpdated(workspace, now: CallSession.now)
            },
        ]
    }

    private var changes: [DemoScene] {
        [
            scene("after all these attempts everybody can still send", cast.all, 204) { try genuine($0, $1) },
            scene("some workspaces switch the add-on off", cast.paused, 204) { workspace, _ in
                try calls.statusChanged(workspace, to: "INACTIVE", now: CallSession.now)
            },
            scene("their late webhooks are kept nevertheless", cast.paused, 204) { try genuine($0, $1) },
            scene("they switch it on again", cast.paused, 204) { workspace, _ in
                try calls.statusChanged(workspace, to: "ACTIVE", now: CallSession.now)
            },
            scene("one install call comes again with a webhook less", cast.trimmed, 204) { workspace, _ in
                let rest = calls.manifest.webhooks.filter { $0.path != last.path }
                return try calls.installed(workspace, webhooks: rest, now: CallSession.now)
            },
            scene("the webhook it no longer has", cast.trimmed, 401) { try webhook(last, $0, $1) },
            scene("a webhook it still has", cast.trimmed, 204) { try webhook(first, $0, $1) },
        ]
    }

    private var endings: [DemoScene] {
        [
            scene("some workspaces uninstall the add-on", cast.leaving, 204) { workspace, _ in
                try calls.deleted(workspace, now: CallSession.now)
            },
            scene("their webhooks are refused from then on", cast.leaving, 401) { try genuine($0, $1) },
            scene("so are their install calls, replayed", cast.leaving, 409) { workspace, _ in
                try calls.installed(workspace, now: CallSession.now)
            },
            scene("one of them installs the add-on again", cast.returning, generation: 2, 204) { workspace, _ in
                try calls.installed(workspace, now: CallSession.now)
            },
            scene("its old uninstall call comes once more, late", cast.returning, 204) { workspace, _ in
                try calls.deleted(workspace, now: CallSession.now)
            },
            scene("the new installation is untouched and sends", cast.returning, generation: 2, 204) {
                try genuine($0, $1)
            },
            scene("another reinstalls, its uninstall call was lost", cast.replaced, generation: 2, 204) {
                workspace, _ in
                try calls.installed(workspace, now: CallSession.now)
            },
            scene("a webhook with its old token", cast.replaced, 401) { try genuine($0, $1) },
            scene("its old install call, replayed", cast.replaced, 409) { workspace, _ in
                try calls.installed(workspace, now: CallSession.now)
            },
            scene("a webhook with its new token", cast.replaced, generation: 2, 204) { try genuine($0, $1) },
        ]
    }
}

extension DemoStory {
    /// A scene in which each of `numbers` sends `times` requests.
    func scene(
        _ title: String, _ numbers: ClosedRange<UInt32>, times: Int = 1, generation: UInt32 = 1, _ expected: Int,
        _ request: @escaping @Sendable (SimulatedInstallation, _ turn: Int) throws -> StandInRequest
    ) -> DemoScene {
        DemoScene(title: title, expected: expected, count: numbers.count * times) { index in
            let number = numbers.lowerBound + UInt32(index % numbers.count)
            let installation = try SimulatedInstallation(number: number, generation: generation)
            return try request(installation, index / numbers.count)
        }
    }

    /// A webhook as the platform sends it; the manifest's take turns.
    func genuine(_ workspace: SimulatedInstallation, _ turn: Int) throws(SimulateError) -> StandInRequest {
        let webhooks = calls.manifest.webhooks
        return try webhook(webhooks[(Int(workspace.number) + turn) % webhooks.count], workspace, turn)
    }

    /// One of the manifest's webhooks as the platform sends it.
    func webhook(
        _ webhook: Manifest.WebhookPath, _ workspace: SimulatedInstallation, _ turn: Int, by calls: StandInCalls? = nil
    ) throws(SimulateError) -> StandInRequest {
        let body = SampleBody.bytes(of: webhook.event, in: workspace, sequence: UInt32(1 + turn))
        return try (calls ?? self.calls).webhook(webhook.event, on: webhook.path, for: workspace, body: body)
    }
}
