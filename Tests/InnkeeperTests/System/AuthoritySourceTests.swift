import Foundation
import Installations
import Marketplace
import TestSupport
import Testing

@testable import Innkeeper

@Suite struct AuthoritySourceTests {
    private let directory: TemporaryDirectory
    private let authority: TestAuthority
    private let addonKey: AddonKey

    init() throws {
        directory = try TemporaryDirectory()
        authority = try TestAuthority()
        addonKey = try #require(AddonKey("one"))
    }

    private func file(_ bytes: [UInt8], mode: Int = 0o644) throws -> String {
        let path = directory.path + "/" + UUID().uuidString
        try Data(bytes).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    private var certificate: [UInt8] { get throws { [UInt8](try Data(contentsOf: URL(filePath: authority.file))) } }
    private var key: [UInt8] { get throws { [UInt8](try Data(contentsOf: URL(filePath: authority.keyFile))) } }

    private func problem(_ source: AuthoritySource) -> String? {
        do throws(StartupError) {
            _ = try source.read(for: addonKey)
            return nil
        } catch {
            return error.exitCode == 78 ? "\(error)" : "exit \(error.exitCode)"
        }
    }

    @Test func `a file of certificates is read as editors and tools save it`() throws {
        let certificate = try certificate
        let windows = Array(String(decoding: certificate, as: UTF8.self).replacing("\n", with: "\r\n").utf8)
        let commented = Array("# our authorities\nsubject=CN = test\n".utf8) + certificate
        let files = [
            certificate, windows, [0xEF, 0xBB, 0xBF] + certificate, commented, certificate + certificate,
            try key + certificate,
        ]
        let expected = try AuthoritySource.file(try file(certificate)).read(for: addonKey)
        for (number, bytes) in files.enumerated() {
            let authorities = try AuthoritySource.file(try file(bytes)).read(for: addonKey)
            #expect(number == 4 || authorities == expected, "\(number)")
        }
    }

    @Test func `a file that holds no certificate, or half of one, is named with its setting`() throws {
        let certificate = try certificate
        var damaged = certificate
        damaged[200] ^= 1
        for bytes in [
            [], Array("\n".utf8), Array("nonsense".utf8), try key, Array(certificate.dropLast(40)), damaged,
            certificate + certificate.dropLast(40),
        ] {
            let path = try file(bytes)
            #expect(problem(.file(path))?.hasPrefix("forward.one.ca: \(path): holds no certificates") == true)
        }
        #expect(problem(.file("/nowhere"))?.hasPrefix("forward.one.ca: /nowhere: cannot be read") == true)
        #expect(problem(.file(directory.path))?.hasPrefix("forward.one.ca: \(directory.path): cannot be read") == true)
        let pipe = directory.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(problem(.file(pipe))?.contains("holds no certificates") == true, "and nobody waits for it")
    }

    @Test func `authorities that others can change are not trusted`() throws {
        let certificate = try certificate
        let path = try file(certificate, mode: 0o664)
        let sources: [AuthoritySource] = [.file(path), .environment(file: path, directories: [])]
        for source in sources { #expect(problem(source)?.contains("\(path): mode 0664 lets others change it") == true) }
    }

    @Test func `a directory is read by the names that openssl rehash gives`() throws {
        let folder = directory.path + "/certs"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let source = AuthoritySource.environment(file: nil, directories: [folder])
        try FileManager.default.copyItem(atPath: authority.file, toPath: folder + "/authority.pem")
        #expect(problem(source)?.contains("SSL_CERT_DIR: \(folder): no certificate in it has a name") == true)
        try FileManager.default.copyItem(
            atPath: authority.file, toPath: folder + "/" + (try authority.hashedName()))
        #expect(try source.read(for: addonKey) == AuthoritySource.file(authority.file).read(for: addonKey))
        #expect(chmod(folder, 0o777) == 0)
        #expect(problem(source)?.contains("\(folder): mode 0777 lets others change it") == true)
        let nowhere = AuthoritySource.environment(file: nil, directories: ["/nowhere"])
        #expect(problem(nowhere)?.hasPrefix("SSL_CERT_DIR: /nowhere: cannot be read") == true)
    }

    @Test func `doctor says when every authority of a target has expired`() throws {
        let secret = try file(Array("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".utf8), mode: 0o600)
        let target = ForwardTarget(
            url: "https://a.example/", secretFile: secret, authorities: .file(authority.file))
        func statuses(days: Int64) -> [Finding.Status] {
            let now = Timestamp(milliseconds: Timestamp.now().milliseconds + days * 86_400_000)
            return LocalChecks.forwards([addonKey: target], now: now).map(\.status)
        }
        #expect(statuses(days: 0) == [.ok])
        #expect(statuses(days: 2) == [.warn])
    }
}
