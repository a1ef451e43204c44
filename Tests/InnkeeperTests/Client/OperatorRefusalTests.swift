import Foundation
import Testing

@testable import Innkeeper

@Suite struct OperatorRefusalTests {
    @Test(arguments: [
        (400, CommandStatus.usage), (401, .notPermitted), (403, .notPermitted), (404, .notFound), (409, .conflict),
        (429, .failure), (500, .failure), (503, .unavailable), (302, .failure),
    ])
    func `each status has its exit code`(_ status: Int, _ exit: CommandStatus) {
        let body = Data(#"{"error": {"code": "x", "message": "why"}}"#.utf8)
        let error = OperatorRefusal.error(status: status, body: body, retryAfter: nil)
        #expect(error.status == exit)
        #expect(error.message == "why")
    }

    @Test func `a body in another form is not shown`() {
        let error = OperatorRefusal.error(status: 500, body: Data("<html>secret</html>".utf8), retryAfter: nil)
        #expect(error.message == "the server answered 500")
    }

    @Test func `how long to wait is said`() {
        #expect(
            OperatorRefusal.error(status: 429, body: Data(), retryAfter: "7").hint == "wait 7 seconds and run it again")
    }
}
