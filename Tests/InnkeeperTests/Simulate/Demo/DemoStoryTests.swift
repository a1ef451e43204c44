import Marketplace
import Testing

@testable import Innkeeper

@Suite struct DemoStoryTests {
    @Test(arguments: [10, 19, 20, 200] as [UInt32])
    func `no workspace plays two parts`(workspaces: UInt32) {
        let cast = DemoCast(workspaces: workspaces)
        let parts = [cast.leaving, cast.replaced, cast.paused, cast.trimmed, cast.strangers]
        let numbers = parts.flatMap { Array($0) }
        #expect(Set(numbers).count == numbers.count)
        #expect(cast.leaving.contains(cast.returning.lowerBound))
        #expect(!cast.strangers.overlaps(cast.all))
        #expect(cast.trimmed.upperBound == workspaces)
    }

    @Test func `those who left are not counted, the one who came back is`() {
        #expect(DemoCast(workspaces: 200).liveAtTheEnd == 181)
        #expect(DemoCast(workspaces: 10).liveAtTheEnd == 10)
    }

    @Test func `every scene writes its requests to a route of the manifest`() throws {
        let story = try story()
        let routes = try RouteTable([story.calls.manifest])
        for scene in story.chapters.flatMap(\.scenes) {
            #expect(scene.count > 0)
            for index in [0, scene.count - 1] {
                #expect(routes.route(try scene.request(index).path) != nil, "\(scene.title)")
            }
        }
    }

    @Test func `genuine webhooks verify and forged ones do not`() throws {
        let story = try story()
        let verifier = TokenVerifier(keys: try TrustedKeys(pem: try story.calls.platform.publicPEM()))
        let workspace = try SimulatedInstallation(number: 1)
        let key = story.calls.manifest.key
        let genuine = try story.webhook(story.first, workspace, 0)
        let forged = try story.webhook(story.first, workspace, 0, by: story.forger)
        #expect(throws: Never.self) {
            try verifier.webhook(try #require(genuine.headers.first).value, for: key, now: 0)
        }
        #expect(throws: TokenRefusal.self) {
            try verifier.webhook(try #require(forged.headers.first).value, for: key, now: 0)
        }
        #expect(genuine.body == forged.body)
    }

    @Test func `the first webhook's path does not take the last one's event`() throws {
        let story = try story()
        let events = try #require(story.calls.manifest.webhookEvents[story.first.path])
        #expect(!events.contains(story.last.event))
    }

    @Test func `the story expects refusals of every kind`() throws {
        let expected = Set(try story().chapters.flatMap(\.scenes).map(\.expected))
        #expect(expected == [204, 400, 401, 409])
    }

    private func story() throws -> DemoStory {
        let manifest = try Manifest(Array(SampleManifest.text.utf8))
        return try DemoStory(
            calls: StandInCalls(platform: try StandInPlatform(), manifest: manifest),
            forger: StandInCalls(platform: try StandInPlatform(), manifest: manifest),
            cast: DemoCast(workspaces: 10), webhooks: 2)
    }
}
