import Foundation
import Logging
import Synchronization
import Testing

@testable import Innkeeper

@Suite struct LogOutputTests {
    private final class Lines: Sendable {
        let bytes = Mutex([UInt8]())
        var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

        func logger(_ format: LogFormat, level: Logger.Level = .info) -> Logger {
            Logger(label: "test") { label in
                LogOutput(label: label, level: level, format: format) { line in self.bytes.withLock { $0 += line } }
            }
        }
    }

    @Test func `a text line has time, level, message and sorted fields`() {
        let lines = Lines()
        lines.logger(.text).warning("hello", metadata: ["b": "2", "a": "1"])
        #expect(lines.text.hasSuffix("Z WARNING hello a=1 b=2\n"))
    }

    @Test func `a message cannot begin a line of its own`() {
        let lines = Lines()
        lines.logger(.text).info("one\ntwo", metadata: ["k": "three\nfour"])
        #expect(lines.text.count(where: { $0 == "\n" }) == 1)
    }

    @Test func `a JSON line is one object whose own fields cannot be forged`() throws {
        let lines = Lines()
        lines.logger(.json).error("oops\n", metadata: ["level": "info", "reason": "\"quoted\""])
        #expect(lines.text.count(where: { $0 == "\n" }) == 1)
        let object = try JSONDecoder().decode([String: String].self, from: Data(lines.text.utf8))
        #expect(object["level"] == "error")
        #expect(object["message"] == "oops\n")
        #expect(object["reason"] == "\"quoted\"")
    }

    @Test func `less severe lines are left out`() {
        let lines = Lines()
        lines.logger(.text, level: .warning).info("quiet")
        #expect(lines.text == "")
    }
}
