import CMalloc
import Dispatch

/// What was freed and is still the process's.
///
/// The C library keeps freed memory for later. It also learns: once a large block was freed, blocks of that size are cut
/// out of its heaps from then on, where anything small that lives longer keeps all of them. After a burst of bodies the
/// process would hold most of what the burst took for as long as it lives.
package enum FreeMemory {
    /// Blocks from this size on are the system's own, each apart.
    private static let apart: Int32 = 128 << 10

    private static let thread = DispatchQueue(label: "free memory")

    /// Keeps large blocks apart, whatever was freed before. Called once, at the start.
    package static func keepLargeBlocksApart() {
        _ = mallopt(M_MMAP_THRESHOLD, apart)
    }

    /// Gives back what lies free between small things. It takes some milliseconds, so not here and now.
    package static func returnUnused() {
        thread.async { _ = malloc_trim(0) }
    }
}
