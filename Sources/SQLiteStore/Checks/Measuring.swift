import GRDB
import Glibc
package import Installations

extension SQLiteStore {
    package func measure(_ sample: inout StoreSample) {
        for (name, path) in [("database", pool.path), ("log", pool.path + "-wal")] {
            sample.bytes[name] = Self.size(path)
        }
        sample.freeBytes = space.free.map(Int64.init)
    }

    /// A file's size; 0 for one that is not there, as the log of a store nobody writes to.
    private static func size(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }
}
