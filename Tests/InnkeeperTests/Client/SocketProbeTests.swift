import Foundation
import Glibc
import Testing

@testable import Innkeeper

@Suite struct SocketProbeTests {
    @Test func `no file and a file that nobody listens at mean nobody`() throws {
        let bed = try SettingsBed()
        let path = bed.path + "/s"
        #expect(SocketProbe(path: path) == .nobody)
        let server = try #require(CannedServer(path: path, answer: ""))
        server.stop()
        #expect(SocketProbe(path: path) == .nobody)
    }

    @Test func `a listening socket answers`() throws {
        let bed = try SettingsBed()
        let server = try #require(CannedServer(path: bed.path + "/s", answer: ""))
        #expect(SocketProbe(path: bed.path + "/s") == .answered)
        server.stop()
    }

    @Test func `a name that does not fit is an error and not a shorter name`() {
        #expect(SocketProbe(path: "/" + String(repeating: "x", count: 120)) == .failed(errno: ENAMETOOLONG))
    }
}
