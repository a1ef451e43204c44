import Installations
import Testing
import Webhooks

@testable import Store

/// What a process knows of its place among those that share a store.
@Suite struct MembershipTests {
    private func instance(_ epoch: Int64, silent silence: Int64 = 0) -> Instance {
        let profile = InstanceProfile(name: "\(epoch)", version: "1", configuration: [:], startedAt: .now())
        return Instance(epoch: Epoch(epoch), profile: profile, silence: silence, clockAhead: 0)
    }

    private func beat(_ epochs: Int64...) -> Beat { Beat(instances: epochs.map { instance($0) }) }

    @Test func `one that serves nothing may do everything`() {
        let membership = Membership()
        #expect(membership.isHeard && membership.mayTake && membership.isElected(nil))
        #expect(membership.isHeard(since: .now))
    }

    @Test func `who was silent for too long may begin nothing`() {
        let membership = Membership()
        _ = membership.heard(beat(1), sent: .now - .milliseconds(InstanceLife.silence))
        #expect(!membership.isHeard && !membership.mayTake)
        _ = membership.heard(beat(1), sent: .now)
        #expect(membership.isHeard && membership.mayTake)
    }

    @Test func `what was taken before a silence is not its own any more, though it is heard of again`() {
        let membership = Membership()
        let start = ContinuousClock.now - .seconds(40)
        _ = membership.heard(beat(1), sent: start)
        let taken = start + .seconds(1)
        #expect(membership.heard(beat(1), sent: .now), "whoever came and went meanwhile was not seen")
        #expect(membership.isHeard)
        #expect(!membership.isHeard(since: taken))
        #expect(membership.isHeard(since: .now))
    }

    @Test func `who speaks in time keeps what it has taken`() {
        let membership = Membership()
        let start = ContinuousClock.now - .seconds(6)
        _ = membership.heard(beat(1), sent: start)
        let taken = start + .seconds(1)
        #expect(!membership.heard(beat(1), sent: .now - .seconds(1)))
        #expect(membership.isHeard(since: taken))
    }

    @Test func `an instance that is gone leaves streams to look for, one that came does not`() {
        let membership = Membership()
        _ = membership.heard(beat(1), sent: .now)
        #expect(!membership.heard(beat(1, 2), sent: .now))
        #expect(membership.heard(beat(1), sent: .now))
    }

    @Test func `without a storage key that is in use nothing is taken`() {
        let membership = Membership()
        _ = membership.heard(beat(1), sent: .now)
        membership.note(lacksKey: true)
        #expect(membership.isHeard && !membership.mayTake)
    }

    @Test func `a push fits between the last word and the end of the claims`() {
        let limits = PushClient.Limits()
        let push = Int64((limits.answer + limits.body) / .milliseconds(1))
        #expect(InstanceLife.silence + push < InstanceLife.claims)
    }
}
