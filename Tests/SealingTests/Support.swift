import FoundationEssentials
import Glibc

@testable import Sealing

/// Bytes from hexadecimal text; the texts are constants of the tests.
func bytes(hex: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = hex.utf8.filter { $0 != UInt8(ascii: " ") }[...]
    while !rest.isEmpty {
        bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
        rest = rest.dropFirst(2)
    }
    return bytes
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// A key with chosen bytes; traps unless there are 32.
func key(_ bytes: [UInt8]) -> KeyMaterial {
    guard let key = bytes.withUnsafeBytes({ KeyMaterial(copying: $0) }) else { fatalError("a key has 32 bytes") }
    return key
}

/// The key 00 01 02 … 1f.
let countingKey = key(Array(0..<32))

extension SecretBytes {
    /// A copy of the bytes, for comparisons in tests.
    var plain: [UInt8] { expose("test") { Array($0) } }
}

extension KeyMaterial {
    /// A copy of the bytes, for comparisons in tests.
    var plain: [UInt8] { expose("test") { Array($0) } }
}

/// What memory holds now, read through the kernel: an address that was freed meanwhile gives nil instead of a crash.
func peek(_ address: UnsafeRawPointer, count: Int) -> [UInt8]? {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    defer { for end in ends { close(end) } }
    guard write(ends[1], address, count) == count else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    guard read(ends[0], &bytes, count) == count else { return nil }
    return bytes
}

/// A directory with a path of its own, removed with everything in it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/sealing-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        chmod(path, 0o700)
    }

    deinit {
        // Best effort: a directory left behind in the temporary directory harms nobody.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Creates or replaces a file.
    func write(_ text: String, to name: String, mode: mode_t = 0o600) throws {
        let file = "\(path)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: file))
        chmod(file, mode)
    }

    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(path)/\(name)")), as: UTF8.self)
    }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}
