import Glibc

/// Swift's crash backtracer prints registers and the memory around them, where short strings and keys live.
enum Backtrace {
    /// Starts the program anew with the backtracer off, unless somebody decided about it already. The runtime reads the
    /// variable before `main`, so setting it here alone would come too late.
    static func forbid() {
        guard getenv("SWIFT_BACKTRACE") == nil, setenv("SWIFT_BACKTRACE", "enable=no", 1) == 0 else { return }
        // Returns only when it fails; then the program goes on as it is.
        _ = execv("/proc/self/exe", CommandLine.unsafeArgv)
    }
}
