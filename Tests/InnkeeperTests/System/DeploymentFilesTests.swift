import Foundation
import Installations
import TestSupport
import Testing

@testable import Innkeeper

@Suite struct DeploymentFilesTests {
    private let home: TemporaryDirectory
    private let directory: DataDirectory

    init() throws {
        home = try TemporaryDirectory()
        directory = DataDirectory(path: home.path)
        try FileManager.default.createDirectory(atPath: directory.addonsDirectory, withIntermediateDirectories: false)
    }

    private func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(home.path)/\(name)"))
    }

    @Test func `the configuration and the manifests are collected, and nothing else`() throws {
        try write("{}", "innkeeper.json")
        try write("{\"b\":1}", "addons/b.json")
        try write("x", "addons/notes.txt")
        try write("whsec_x", "secret")
        let files = try DeploymentFiles.collect(directory)
        #expect(files.map(\.name) == ["innkeeper.json", "addons/b.json"])
        #expect(files.last?.bytes == Array("{\"b\":1}".utf8))
        #expect(files.allSatisfy { DeploymentFiles.isName($0.name) })
    }

    @Test func `a signing secret in place of its file's name does not travel`() throws {
        try write(#"{"forward":{"a":{"url":"https://a.io","secret":"whsec_c2VjcmV0"}}}"#, "innkeeper.json")
        let error = #expect(throws: BackupError.self) { try DeploymentFiles.collect(directory) }
        #expect(!"\(try #require(error))".contains("c2VjcmV0"))
    }

    @Test(arguments: [
        "", "/etc/passwd", "addons", "addons/", "addons/../innkeeper.sqlite", "addons/../../x.json", "addons/a/b.json",
        "addons//x.json", "../x.json", "innkeeper.sqlite", "keys/0123456789abcdef.key", "addons/x.json/",
        "addons/\u{1B}.json", "addons/a\\b.json", "addons/x.txt", "./innkeeper.json", "addons/x\u{0}.json",
    ])
    func `a name that leads elsewhere is refused`(name: String) {
        #expect(!DeploymentFiles.isName(name))
    }
}
