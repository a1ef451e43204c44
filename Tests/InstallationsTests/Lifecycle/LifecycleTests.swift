import Testing

@testable import Installations

@Suite struct LifecycleTests {
    /// One workspace in the contract's terms: a plain model that the state machine is held against.
    private struct World {
        var status: [Int: InstallationStatus] = [:]

        mutating func receive(_ signal: LifecycleSignal, _ generation: Int) -> LifecycleDecision {
            let decision = Lifecycle.decide(signal, at: status[generation])
            switch decision {
            case .create:
                for (other, standing) in status where other != generation && standing.isLive {
                    status[other] = .superseded
                }
                status[generation] = .active
            case .setStatus(let new): status[generation] = new
            case .end, .tombstone: status[generation] = .deleted
            case .replaceTokens, .storeSettings, .ignore, .refuse, .refuseStoredToken, .refuseStaleToken: break
            }
            return decision
        }
    }

    @Test func `every signal has an answer in every state`() {
        for status in InstallationStatus.allCases.map(Optional.some) + [nil] {
            for signal in LifecycleSignal.allCases {
                let decision = Lifecycle.decide(signal, at: status)
                if let status, !status.isLive {
                    #expect(decision == (signal == .installed ? .refuse : .ignore(.endedInstallation)))
                }
            }
        }
    }

    @Test func `all orders and repetitions over two generations keep the contract's promises`() {
        let calls = LifecycleSignal.allCases.flatMap { signal in [1, 2].map { (signal, $0) } }
        var sequences = 0
        // Every sequence of up to four calls out of twelve: 12 + 144 + 1728 + 20736.
        func walk(_ world: World, _ depth: Int) {
            for (signal, generation) in calls {
                sequences += 1
                var next = world
                let before = world.status[generation]
                let decision = next.receive(signal, generation)
                let after = next.status[generation]

                #expect(next.status.values.count(where: \.isLive) <= 1, "two installations of one workspace are live")
                if let before, !before.isLive {
                    #expect(after == before, "an ended installation came back")
                    #expect(decision.eventType == nil, "an ended installation's stream went on")
                }
                switch signal {
                case .installed:
                    if before == nil { #expect(after == .active) } else { #expect(after == before) }
                    #expect((decision == .refuse) == (before.map { !$0.isLive } ?? false))
                case .deleted:
                    #expect(after == (before == .superseded ? .superseded : .deleted))
                case .activated: #expect(after == (before?.isLive == true ? .active : before))
                case .deactivated: #expect(after == (before?.isLive == true ? .inactive : before))
                case .unknownStatus, .settingsUpdated: #expect(after == before)
                }
                if depth > 1 { walk(next, depth - 1) }
            }
        }
        walk(World(), 4)
        #expect(sequences == 22620)
    }

    @Test func `a redelivered INSTALLED does not switch an inactive installation on`() {
        #expect(Lifecycle.decide(.installed, at: .inactive) == .replaceTokens)
    }

    @Test func `a DELETED that comes first leaves a tombstone against the late INSTALLED`() {
        var world = World()
        #expect(world.receive(.deleted, 1) == .tombstone)
        #expect(world.receive(.installed, 1) == .refuse)
    }

    @Test func `only changes that somebody was told about before reach the add-on's code`() {
        #expect(LifecycleDecision.create.eventType == "addon.installed")
        #expect(LifecycleDecision.replaceTokens.eventType == "addon.installed")
        #expect(LifecycleDecision.setStatus(.inactive).eventType == "addon.status_changed")
        #expect(LifecycleDecision.storeSettings.eventType == "addon.settings_updated")
        #expect(LifecycleDecision.end.eventType == "addon.deleted")
        #expect(LifecycleDecision.tombstone.eventType == nil)
        #expect(LifecycleDecision.refuse.eventType == nil)
        #expect(LifecycleDecision.refuseStoredToken.eventType == nil)
    }
}
