import Glibc
import Installations
import Store

/// Where tests of a rotation or a move stop the process, as a power cut would. Not in a release build.
enum CrashPoint {
    #if DEBUG
    /// Names the step.
    static let variable = "INNKEEPER_CRASH_AT"
    #endif

    /// What the stores and use cases are told to call at each step: kills this process at the step that
    /// `variable` names, such as `batch-written`.
    static func probe() -> RotationProbe {
        #if DEBUG
        if let name = getenv(variable), let step = RotationStep(rawValue: String(cString: name)) {
            return { if $0 == step { kill(getpid(), SIGKILL) } }
        }
        #endif
        return { _ in }
    }

    /// The same for the steps of a move.
    static func moveProbe() -> MoveProbe {
        #if DEBUG
        if let name = getenv(variable), let step = MoveStep(rawValue: String(cString: name)) {
            return { if $0 == step { kill(getpid(), SIGKILL) } }
        }
        #endif
        return { _ in }
    }
}
