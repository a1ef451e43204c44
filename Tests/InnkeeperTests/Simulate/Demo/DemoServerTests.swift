import Testing

@testable import Innkeeper

@Suite struct DemoServerTests {
    @Test func `the ready line names the public listener`() {
        let line = "innkeeper ready ingress=http://127.0.0.1:40001 operator=http://127.0.0.1:40002\n"
        #expect(DemoServer.ingress(in: line) == "http://127.0.0.1:40001")
        #expect(DemoServer.ingress(in: "something else\n" + line) == "http://127.0.0.1:40001")
        #expect(DemoServer.ingress(in: "something else\n") == nil)
    }

    @Test func `no setting of the developer's reaches the demo`() {
        let stage = DemoStage(directory: "/tmp/stage")
        let environment = stage.environment(from: [
            "INNKEEPER_STORE": "postgres://real", "INNKEEPER_DATA_DIR": "/real", "PATH": "/bin",
        ])
        #expect(environment == ["INNKEEPER_DATA_DIR": "/tmp/stage/data", "PATH": "/bin"])
    }

    @Test func `a report with one surprise is not as expected`() throws {
        var report = DemoReport()
        try report.tell("exit status", expected: "0", got: "0")
        #expect(report.isAsExpected)
        try report.tell("live installations", expected: "181", got: "180")
        #expect(!report.isAsExpected)
        #expect(report.rows.count == 2)
    }
}
