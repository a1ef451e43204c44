import Foundation
import Glibc
import TestSupport
import Testing

@testable import Sealing

@Suite struct TrustedFileTests {
    private let directory: TemporaryDirectory
    private let file: String

    init() throws {
        directory = try TemporaryDirectory()
        file = directory.path + "/file"
        try Data("text".utf8).write(to: URL(filePath: file))
    }

    private func check() throws(KeyFileError) {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        try TrustedFile.check(file)
        try TrustedFile.check(descriptor: descriptor, path: file)
    }

    @Test(arguments: [0o400, 0o600, 0o644, 0o755, 0o700] as [mode_t])
    func `what others may read is trusted`(mode: mode_t) throws {
        #expect(chmod(file, mode) == 0)
        try check()
    }

    @Test(arguments: [0o620, 0o602, 0o664, 0o666, 0o777, 0o1777] as [mode_t])
    func `what others may change is not, and the fix is named`(mode: mode_t) throws {
        #expect(chmod(file, mode) == 0)
        #expect(throws: KeyFileError.changeable(path: file, mode: mode)) { try check() }
        #expect("\(KeyFileError.changeable(path: file, mode: mode))".hasSuffix("run: chmod go-w \(file)"))
    }

    @Test(.enabled(if: geteuid() == 0)) func `what belongs to another user is not`() throws {
        #expect(chown(file, 12345, 0) == 0)
        #expect(throws: KeyFileError.fileOwner(path: file, owner: 12345)) { try check() }
    }

    @Test func `a link is no way around`() throws {
        #expect(chmod(file, 0o666) == 0)
        let link = directory.path + "/link"
        #expect(symlink(file, link) == 0)
        #expect(throws: KeyFileError.changeable(path: link, mode: 0o666)) { try TrustedFile.check(link) }
    }

    @Test func `what is not there is for its reader to miss`() throws {
        try TrustedFile.check(file + "/none")
        try TrustedFile.check(directory.path + "/none")
    }
}
