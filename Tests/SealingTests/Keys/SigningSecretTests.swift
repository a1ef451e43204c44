import Foundation
import TestSupport
import Testing

@testable import Sealing

@Suite struct SigningSecretTests {
    /// The vector in the specification's own libraries (Standard Webhooks, tests of the reference implementations).
    @Test func `the specification's example has the specification's signature`() throws {
        let secret = try #require(SigningSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let signature = secret.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func `padding may be there or not`() throws {
        let padded = try #require(SigningSecret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg=="))
        let bare = try #require(SigningSecret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg"))
        #expect(
            padded.signature(id: "a", timestamp: 1, body: [1]) == bare.signature(id: "a", timestamp: 1, body: [1]))
    }

    @Test(arguments: [
        "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!",
        "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjU PD8ILPZIo2LaLaSw",
        "whsec_" + Data(repeating: 7, count: 129).base64EncodedString(),
    ])
    func `nothing else is a secret`(text: String) {
        #expect(SigningSecret(text) == nil)
    }

    @Test func `id, time and body all count`() throws {
        let secret = try #require(SigningSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let signatures = [
            secret.signature(id: "a", timestamp: 1, body: []), secret.signature(id: "b", timestamp: 1, body: []),
            secret.signature(id: "a", timestamp: 2, body: []), secret.signature(id: "a", timestamp: 1, body: [0]),
        ]
        #expect(Set(signatures).count == 4)
    }
}

@Suite struct SigningSecretFileTests {
    private static let one = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let two = "whsec_plJ3nmyCDGBKInavdOK15jsl"

    private func file(_ text: String, mode: Int = 0o600) throws -> (directory: TemporaryDirectory, path: String) {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/secret"
        _ = FileManager.default.createFile(
            atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
        return (directory, path)
    }

    @Test(
        arguments: [
            (one, 1), (one + "\n", 1), (one + " " + two, 2), ("# new\n\(one)\n# old\n\(two)\n", 2), (one + "\r\n", 1),
            ("\u{FEFF}\(one)", 1),
        ] as [(String, Int)])
    func `one or two secrets are read`(text: String, count: Int) throws {
        let (directory, path) = try file(text)
        #expect(try SigningSecretFile.read(path).count == count)
        _ = directory
    }

    @Test(arguments: ["", "# nothing\n", "secret", "\(one) \(two) \(one)", one + " and more"])
    func `anything else is refused by name`(text: String) throws {
        let (directory, path) = try file(text)
        #expect(throws: KeyFileError.notASigningSecret(path: path)) { try SigningSecretFile.read(path) }
        _ = directory
    }

    @Test func `a file that others can read, or that is none, is refused`() throws {
        let (directory, path) = try file(Self.one, mode: 0o640)
        #expect(throws: KeyFileError.fileMode(path: path, mode: 0o640)) { try SigningSecretFile.read(path) }
        let missing = directory.path + "/missing"
        #expect(throws: KeyFileError.signingSecretMissing(path: missing)) { try SigningSecretFile.read(missing) }
        #expect(throws: KeyFileError.notARegularFile(path: directory.path)) {
            try SigningSecretFile.read(directory.path)
        }
    }
}
