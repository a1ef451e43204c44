import FoundationEssentials
import Glibc
import Installations
import SQLiteStore
import Sealing

/// The checks of `doctor` that look at the machine.
enum HostChecks {
    /// Below the one a finding, below the other a failure: an inbox that fills while nobody looks, a backup beside the
    /// store and a rotation's log all want room, and without any no install can be taken.
    static let (wantedSpace, neededSpace) = (1 << 30, 128 << 20)

    /// Room where the store lies.
    static func space(_ path: String) -> Finding {
        guard let room = FileSystemRoom(at: path) else {
            return Finding("disk space", .fail, "\(path): \(SystemError.text(errno))", fix: "check the disk")
        }
        return space(available: room.free)
    }

    static func space(available: Int) -> Finding {
        if available >= wantedSpace { return Finding("disk space", .ok, "more than 1 GiB is free") }
        return Finding(
            "disk space", available < neededSpace ? .fail : .warn, "\(available >> 20) MiB are free",
            fix: "make room: below 128 MiB installs and webhooks are about to be refused")
    }

    /// Whether the public listener gets the connections it is to have.
    static func descriptors(_ budget: DescriptorBudget) -> Finding {
        guard let shortage = budget.shortage else {
            return Finding("file descriptors", .ok, "enough for \(budget.connections) public connections")
        }
        return Finding("file descriptors", .warn, shortage, fix: budget.remedy)
    }

    /// Whether keys could be written to swap.
    static func memory(isLocked: Bool = KeyMaterial.isMemoryLocked) -> Finding {
        if isLocked { return Finding("key memory", .ok, "locked, never swapped") }
        return Finding(
            "key memory", .warn, "the system refused to lock it: keys could reach swap",
            fix: "raise the limit (ulimit -l, LimitMEMLOCK= of the service) or turn swap off, then restart")
    }

    /// Whether memory that is not locked could be written to a disk: tokens and bodies on their way, as keys are locked.
    ///
    /// - Parameter table: The kernel's list, `/proc/swaps`. `try?`, because a kernel without swap has no such file; anybody may
    ///   read it where it is.
    static func swap(_ table: String? = try? String(contentsOfFile: "/proc/swaps", encoding: .utf8)) -> Finding {
        // A heading, then a line for each; white space in a name is escaped.
        let names = (table ?? "").split(separator: "\n").dropFirst().compactMap { $0.split(separator: " ").first }
        guard !names.isEmpty else { return Finding("swap", .ok, "none is on") }
        return Finding(
            "swap", .warn, "on: \(System.excerpt(names.map(String.init))); tokens and bodies in memory could get there",
            fix: "turn it off (swapoff -a, and out of /etc/fstab) or encrypt it")
    }
}
