import FoundationEssentials
import Marketplace
import Testing

@testable import Innkeeper

@Suite struct StandInKeysTests {
    @Test func `a key pair is made, marked and read again`() throws {
        try withTemporaryDirectory { directory in
            let keys = StandInKeys(directory: directory + "/new/keys")
            try keys.create()
            let text = try #require(FileManager.default.contents(atPath: keys.publicPath))
            #expect(String(decoding: text, as: UTF8.self).contains("Not Clockify's"))
            #expect(try keys.platform().publicPEM() == String(decoding: text, as: UTF8.self))
        }
    }

    @Test func `nobody else can read the private key`() throws {
        try withTemporaryDirectory { directory in
            let keys = StandInKeys(directory: directory + "/keys")
            try keys.create()
            let attributes = try FileManager.default.attributesOfItem(atPath: keys.privatePath)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func `an existing key pair is left as it is`() throws {
        try withTemporaryDirectory { directory in
            let keys = StandInKeys(directory: directory)
            try keys.create()
            let before = FileManager.default.contents(atPath: keys.privatePath)
            #expect(throws: SimulateError.keysExist(path: keys.privatePath)) { try keys.create() }
            #expect(FileManager.default.contents(atPath: keys.privatePath) == before)
            #expect(SimulateError.keysExist(path: "").exitCode == 7)
        }
    }

    @Test func `half a key pair is not left behind`() throws {
        try withTemporaryDirectory { directory in
            let keys = StandInKeys(directory: directory)
            #expect(FileManager.default.createFile(atPath: keys.publicPath, contents: Data("kept".utf8)))
            #expect(throws: SimulateError.keysExist(path: keys.publicPath)) { try keys.create() }
            #expect(!FileManager.default.fileExists(atPath: keys.privatePath))
            #expect(FileManager.default.contents(atPath: keys.publicPath) == Data("kept".utf8))
        }
    }

    @Test func `a link in the way is not followed`() throws {
        try withTemporaryDirectory { directory in
            let keys = StandInKeys(directory: directory)
            let target = directory + "/elsewhere"
            try FileManager.default.createSymbolicLink(atPath: keys.privatePath, withDestinationPath: target)
            #expect(throws: SimulateError.keysExist(path: keys.privatePath)) { try keys.create() }
            #expect(!FileManager.default.fileExists(atPath: target))
        }
    }

    @Test func `a missing key pair and another file are told apart`() throws {
        try withTemporaryDirectory { directory in
            let keys = StandInKeys(directory: directory)
            #expect(throws: SimulateError.noKeys(path: keys.privatePath)) { try keys.platform() }
            #expect(FileManager.default.createFile(atPath: keys.privatePath, contents: Data("key".utf8)))
            #expect(throws: SimulateError.badKeys(path: keys.privatePath)) { try keys.platform() }
        }
    }

    private func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.path + "/innkeeper-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let result = Result { try body(path) }
        try FileManager.default.removeItem(atPath: path)
        try result.get()
    }
}
