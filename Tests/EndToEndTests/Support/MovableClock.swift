import Foundation
import TestSupport

/// A wall clock that moves under a running program: a library, loaded before it, adds to what the system's clock shows the
/// seconds that a file says. The monotonic clock stays as it is, as it does when a machine's clock is set.
struct MovableClock: Sendable {
    private let directory: TemporaryDirectory
    private let offset: FileHandle

    /// A clock that is right.
    init() async throws {
        directory = try TemporaryDirectory()
        try Data(Self.source.utf8).write(to: URL(filePath: directory.path + "/clock.c"))
        try Data(repeating: 0, count: MemoryLayout<Int64>.size).write(to: URL(filePath: directory.path + "/offset"))
        offset = try FileHandle(forUpdating: URL(filePath: directory.path + "/offset"))
        let made = try Child(
            try Self.compiler(), ["-shared", "-fPIC", "-O1", "-o", library, directory.path + "/clock.c"],
            environment: ProcessInfo.processInfo.environment
        )
        let outcome = await made.outcome()
        guard outcome.status == 0 else { throw Unexpected(outcome) }
    }

    /// Starts a command under this clock.
    var launcher: [String] { ["/usr/bin/env", "LD_PRELOAD=\(library)", "CLOCK_OFFSET=\(directory.path)/offset"] }

    /// Puts the clock so many seconds ahead of the right time, or behind it.
    func set(ahead seconds: Int64) throws {
        try offset.seek(toOffset: 0)
        try offset.write(contentsOf: withUnsafeBytes(of: seconds) { Data($0) })
    }

    private var library: String { directory.path + "/clock.so" }

    /// Swift comes with one.
    private static func compiler() throws -> String {
        let places = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        let candidates = ["clang", "cc"].flatMap { name in places.map { "\($0)/\(name)" } }
        guard let path = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw Unexpected("no clang on PATH, which comes with Swift, and no cc")
        }
        return path
    }

    private static let source = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>

        static volatile long *offset;

        __attribute__((constructor)) static void begin(void) {
            const char *path = getenv("CLOCK_OFFSET");
            int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
            void *seen = file < 0 ? MAP_FAILED : mmap(0, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
            if (seen != MAP_FAILED) offset = seen;
            if (file >= 0) close(file);
        }

        int clock_gettime(clockid_t clock, struct timespec *time) {
            int result = syscall(SYS_clock_gettime, clock, time);
            if (!result && offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += *offset;
            return result;
        }

        int gettimeofday(struct timeval *restrict time, void *restrict zone) {
            struct timespec now;
            int result = clock_gettime(CLOCK_REALTIME, &now);
            if (!result) time->tv_sec = now.tv_sec, time->tv_usec = now.tv_nsec / 1000;
            return result;
        }

        time_t time(time_t *place) {
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            if (place) *place = now.tv_sec;
            return now.tv_sec;
        }
        """
}
