import Glibc

/// How large a file system is, and how much of it is free for this user. In bytes, as many as can be counted: some of those
/// that a network or a program of somebody's provides say that they have more.
package struct FileSystemRoom: Sendable {
    /// Bytes that are free.
    package let free: Int
    /// Bytes in all.
    package let total: Int

    /// Of the file system that holds `path`; nil when the system does not tell, with `errno`.
    package init?(at path: String) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        free = Self.bytes(of: status.f_bavail, each: status.f_frsize)
        total = Self.bytes(of: status.f_blocks, each: status.f_frsize)
    }

    static func bytes(of blocks: UInt, each size: UInt) -> Int {
        let (bytes, isTooMany) = blocks.multipliedReportingOverflow(by: size)
        return isTooMany ? .max : Int(clamping: bytes)
    }
}
