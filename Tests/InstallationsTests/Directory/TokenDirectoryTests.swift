import Installations
import Marketplace
import Sealing
import TestSupport
import Testing

@Suite struct TokenDirectoryTests {
    private let deployment: TestDeployment

    init() async throws {
        deployment = try await TestDeployment(directoryLimit: 10)
    }

    @Test func `memory is bounded, and what was dropped is loaded again`() async throws {
        for number in 0..<30 {
            let id = try deployment.platform.id("ws\(number)", "i")
            _ = try await deployment.install(id)
            _ = try await deployment.loader.load(id)
            #expect(deployment.directory.count <= 10)
        }
        #expect(deployment.directory.find(try deployment.platform.id("ws29", "i")) != nil)
        let first = try deployment.platform.id("ws0", "i")
        #expect(deployment.directory.find(first) == nil)
        #expect(try await deployment.loader.load(first) != nil)
    }

    @Test func `what is used stays`() async throws {
        let used = try deployment.platform.id("used", "i")
        _ = try await deployment.install(used)
        _ = try await deployment.loader.load(used)
        for number in 0..<30 {
            let id = try deployment.platform.id("ws\(number)", "i")
            _ = try await deployment.install(id)
            // Installing reads nothing into memory and evicts only itself.
            _ = try await deployment.loader.load(id)
            #expect(deployment.directory.find(used) != nil || number == 0)
            if deployment.directory.find(used) == nil { _ = try await deployment.loader.load(used) }
        }
    }

    @Test func `a load that was overtaken by a change is not kept`() async throws {
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        let loads = [deployment.directory.beginLoad(of: id), deployment.directory.beginLoad(of: id)]
        let entry = try #require(try await deployment.loader.load(id))
        deployment.directory.evict(id)
        for load in loads {
            deployment.directory.finish(load, with: entry)
            #expect(deployment.directory.find(id) == nil)
        }
        // The next one is.
        deployment.directory.finish(deployment.directory.beginLoad(of: id), with: entry)
        #expect(deployment.directory.find(id) === entry)
    }

    @Test func `a change of one installation discards no load of another, nor does a load that found nothing`()
        async throws
    {
        let (id, other) = (try deployment.platform.id(), try deployment.platform.id("ws2", "i"))
        _ = try await deployment.install(id)
        let entry = try #require(try await deployment.loader.load(id))
        deployment.directory.evict(id)

        let load = deployment.directory.beginLoad(of: id)
        let vain = deployment.directory.beginLoad(of: id)
        deployment.directory.finish(vain, with: nil)
        deployment.directory.evict(other)
        _ = try await deployment.install(other)
        #expect(deployment.directory.find(id) == nil)
        deployment.directory.finish(load, with: entry)
        #expect(deployment.directory.find(id) === entry)
    }

    @Test func `a confirmed token is in memory, unless the entry was evicted or replaced meanwhile`() async throws {
        let (directory, platform) = (deployment.directory, deployment.platform)
        let id = try platform.id()
        let path = try #require(RoutePath.normalise("/webhooks/time"))
        let digest = directory.digest(of: try platform.webhookToken(id, "/webhooks/time"))
        _ = try await deployment.install(id)
        let first = try #require(try await deployment.loader.load(id))
        let second = try #require(try await deployment.loader.load(id))

        #expect(directory.confirm(digest, on: path, in: first, of: id)?.accepts(digest, on: path) == true)
        #expect(directory.find(id) === second)
        let confirmed = try #require(directory.confirm(digest, on: path, in: second, of: id))
        #expect(directory.find(id) === confirmed)
        directory.evict(id)
        #expect(directory.confirm(digest, on: path, in: confirmed, of: id) != nil)
        #expect(directory.find(id) == nil)
    }

    @Test func `an installation is found by all three parts of its id and by none other`() async throws {
        let id = try deployment.platform.id("ab", "c")
        _ = try await deployment.install(id)
        _ = try await deployment.loader.load(id)
        #expect(deployment.directory.find(id) != nil)
        let otherAddon = try #require(AddonKey("other"))
        for other in [
            try deployment.platform.id("a", "bc"), try deployment.platform.id("ab", "d"),
            try deployment.platform.id("c", "ab"),
            InstallationID(addonKey: otherAddon, workspaceID: id.workspaceID, addonID: id.addonID),
        ] { #expect(deployment.directory.find(other) == nil) }
    }

    @Test func `a digest is of one process only`() throws {
        let other = TokenDirectory(limit: 1)
        #expect(!deployment.directory.digest(of: "token").matches(other.digest(of: "token")))
        #expect(
            deployment.directory.digest(of: "token").matches(
                deployment.directory.digest(of: SecretBytes(utf8: "token"))))
    }
}
