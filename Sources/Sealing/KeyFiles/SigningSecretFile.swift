import Glibc

/// A file with the signing secrets of one add-on's deliveries: one or two, each on a line of its own or separated by
/// spaces. Two are valid during a change of the secret. Lines that begin with `#` are skipped.
package enum SigningSecretFile {
    private static let maxSize = 4096

    /// Reads the file at `path`, which only this user may read.
    package static func read(_ path: String) throws(KeyFileError) -> [SigningSecret] {
        // O_NONBLOCK: opening a pipe would otherwise wait for a writer for ever.
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        if number < 0, errno == ENOENT { throw .signingSecretMissing(path: path) }
        let file = try Descriptor(number, operation: "open", path: path)
        let status = try file.status()
        guard status.isType(S_IFREG) else { throw .notARegularFile(path: path) }
        guard status.isOwnedByUs else { throw .fileOwner(path: path, owner: status.st_uid) }
        guard !status.isOpenToOthers else { throw .fileMode(path: path, mode: status.st_mode & 0o7777) }

        let secrets = try unsafe withZeroedTemporary(byteCount: maxSize) { buffer throws(KeyFileError) in
            let count = try unsafe file.read(into: buffer)
            return unsafe parse(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        guard let secrets, (1...2).contains(secrets.count) else { throw .notASigningSecret(path: path) }
        return secrets
    }

    /// The secrets in a file's text; nil when one word of it is no secret.
    static func parse(_ text: UnsafeRawBufferPointer) -> [SigningSecret]? {
        // The byte order mark of some editors says nothing.
        let start = unsafe text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let lines = unsafe text[start...].split(separator: UInt8(ascii: "\n"))
            .filter { unsafe $0.first != UInt8(ascii: "#") }
        let words = unsafe lines.flatMap { unsafe $0.split { [0x20, 0x09, 0x0D].contains($0) } }
        let secrets = unsafe words.map { unsafe SigningSecret(UnsafeRawBufferPointer(rebasing: $0)) }
        return secrets.contains { $0 == nil } ? nil : secrets.compactMap(\.self)
    }
}
