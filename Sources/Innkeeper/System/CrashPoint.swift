import Glibc
import Installations

/// Where a rotation's tests stop the process, as a power cut would. Not in a release build.
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
}
