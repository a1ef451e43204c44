import Installations
import Marketplace
import Store
import TestSupport
import Testing

@testable import Webhooks

/// An operator's word that nothing is pushed, over real HTTP to a real receiver.
@Suite(.timeLimit(.minutes(2))) struct TargetPausesTests {
    private let delivery: TestDelivery

    init() throws { delivery = try TestDelivery() }

    @Test func `nothing is pushed to a paused target, and all of it in order once it is resumed`() async throws {
        try await TestReceiver.serving({ _ in .status(204) }) { receiver, url in
            let (store, target) = (delivery.test.store, TargetID(addonKey: delivery.platform.manifest.key))
            let id = try await delivery.install("ws1")
            _ = try await store.pause(target, actor: .system, at: .now())
            try await delivery.running(to: url) {
                try await delivery.append(["1", "2"], to: id)
                // It was offered, and the forwarder had its chance to take it.
                while delivery.readyStreams == 0 { try await Task.sleep(for: .milliseconds(2)) }
                #expect(receiver.deliveries.isEmpty)
                _ = try await store.resume(target, actor: .system, at: .now())
                try await delivery.waitUntilSettled()
                #expect(receiver.deliveries.map(\.type).first == "addon.installed")
                #expect(receiver.deliveries.dropFirst().map { String(decoding: $0.body, as: UTF8.self) } == ["1", "2"])
                _ = try await store.pause(target, actor: .system, at: .now())
                try await delivery.append(["3"], to: id)
                while delivery.readyStreams == 0 { try await Task.sleep(for: .milliseconds(2)) }
                #expect(receiver.deliveries.count == 3)
            }
            #expect(store.waitingEvents == 1)
        }
    }

    @Test func `a pause of another target is no pause`() async throws {
        try await TestReceiver.serving({ _ in .status(204) }) { receiver, url in
            let other = TargetID(addonKey: delivery.platform.manifest.key, name: "other")
            _ = try await delivery.test.store.pause(other, actor: .system, at: .now())
            _ = try await delivery.install("ws1")
            try await delivery.running(to: url) { try await delivery.waitUntilSettled() }
            #expect(receiver.deliveries.count == 1)
        }
    }
}
