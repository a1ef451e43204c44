import Installations
import TestSupport
import Testing

@testable import OperatorAPI

/// Who may hear news, and how many.
@Suite(.timeLimit(.minutes(1))) struct LiveFeedTests {
    @Test func `a session has sixteen places, and one that is let go is free again`() {
        let places = LivePlaces()
        var taken = (1...16).compactMap { _ in places.take(for: "one") }
        #expect(taken.count == 16)
        #expect(places.take(for: "one") == nil)
        #expect(places.take(for: "other") != nil)
        taken.removeLast()
        #expect(places.take(for: "one") != nil)
    }

    @Test func `there are 128 places in all`() {
        let places = LivePlaces()
        let taken = (1...200).compactMap { places.take(for: "\($0)") }
        #expect(taken.count == 128)
        withExtendedLifetime(taken) {}
    }

    @Test func `news are for who is logged in and bound to no add-on`() async throws {
        let harness = try await Harness()
        let bound = try await harness.key(.read, addons: ["test-addon"])
        try await harness.serving { (client) async throws in
            let stranger = ConsoleClient(client)
            #expect(try await stranger.get("/live").status == 401)
            let browser = ConsoleClient(client)
            #expect(try await browser.logIn(with: bound).status == 303)
            #expect(try await browser.get("/live").status == 403)
        }
    }

    @Test func `news say what the page says, made once for all who hear them`() async throws {
        let harness = try await Harness()
        _ = try await harness.deployment.install(try harness.deployment.platform.id())
        harness.deployment.clock.advance(seconds: 16 * 60)
        let console = Console(
            services: harness.services, origins: ConsoleOrigins(bind: "127.0.0.1"), limits: OperatorLimits())
        let text = LiveText(console)
        let news = await text.current()
        #expect(news.contains("One thing needs you") && news.contains("An event waits since"))
        #expect(news.contains(#""waiting":"1""#) && !news.contains("\n"))
        #expect(await text.current() == news)
    }
}
