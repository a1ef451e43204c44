import CSodium
import Glibc

/// Keeps key memory of this process out of files and other processes.
package enum ProcessHardening {
    /// Sets the core file size limit to 0 and marks the process as not dumpable.
    ///
    /// Not dumpable also means that another process of the same user can neither attach a debugger nor read
    /// `/proc/<pid>/mem`. The core limit is set as well, because a core pattern that pipes to a program is stopped by
    /// the one and a file by both.
    package static func apply() throws(ProcessHardeningError) {
        // The hard limit goes down too, so that nothing later in the process can raise it again.
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0 else {
            throw .coreLimit(errno: errno)
        }
        guard innkeeper_refuse_dumps() == 0 else { throw .dumpable(errno: errno) }
    }

    /// Whether both measures of `apply` are in force now.
    package static var isActive: Bool {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0 else { return false }
        return limit.rlim_cur == 0 && innkeeper_is_dumpable() == 0
    }
}

/// Why the process could not be hardened.
package enum ProcessHardeningError: Error, CustomStringConvertible {
    /// The core file size limit could not be set.
    case coreLimit(errno: Int32)
    /// The process could not be marked as not dumpable.
    case dumpable(errno: Int32)

    /// Names the measure and the system's reason.
    package var description: String {
        switch self {
        case .coreLimit(let errno): "core dumps could not be turned off (errno \(errno))"
        case .dumpable(let errno): "the process could not be marked as not dumpable (errno \(errno))"
        }
    }
}
