import FoundationEssentials
import Glibc
import Installations

/// The process as Linux sees it, under the names that every Prometheus dashboard knows.
enum ProcessGauges {
    /// Each gauge that can be read here.
    static func read() -> [GaugeSample] {
        var gauges: [GaugeSample] = []
        if let memory = residentBytes() { gauges.append(GaugeSample(.processMemory, [], memory)) }
        if let files = openFiles() { gauges.append(GaugeSample(.processFiles, [], files)) }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            gauges.append(GaugeSample(.processMaxFiles, [], Double(limit.rlim_cur)))
        }
        return gauges
    }

    private static func residentBytes() -> Double? {
        guard let status = FileManager.default.contents(atPath: "/proc/self/status") else { return nil }
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        // "VmRSS:	   53212 kB"
        let number = line?.split { $0 == " " || $0 == "\t" }.dropFirst().first
        return number.flatMap { Double($0) }.map { $0 * 1024 }
    }

    private static func openFiles() -> Double? {
        do {
            return Double(try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count)
        } catch {
            return nil
        }
    }
}
