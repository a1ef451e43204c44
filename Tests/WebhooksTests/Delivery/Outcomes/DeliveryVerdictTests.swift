import Installations
import Marketplace
import TestSupport
import Testing

@testable import Webhooks

/// contract.md section 3: 2xx settles; 408, 429, 5xx and transport errors retry; other answers are dead-lettered.
@Suite struct DeliveryVerdictTests {
    private let now = Timestamp(milliseconds: 1_000_000)

    private func decide(
        _ outcome: DeliveryOutcome, attempts: Int = 1, age: Int64 = 0, random: Double = 1
    ) -> DeliveryVerdict {
        DeliveryVerdict.decide(
            outcome, attempts: attempts, since: Timestamp(milliseconds: now.milliseconds - age), now: now,
            random: random, schedule: RetrySchedule())
    }

    @Test func `every status has its verdict`() {
        for status in 100...599 {
            let verdict = decide(.answered(status: status, retryAfter: nil))
            switch status {
            case 200...299: #expect(verdict == .settle)
            case 408, 429, 500...599:
                #expect(verdict == .retry(at: Timestamp(milliseconds: 1_002_000), .status(status)))
            default: #expect(verdict == .bury(.status(status)))
            }
        }
    }

    @Test(arguments: [DeliveryFailure.cannotConnect, .tls(.expired), .timeout, .connectionLost])
    func `no answer is tried again`(failure: DeliveryFailure) {
        #expect(decide(.failed(failure)) == .retry(at: Timestamp(milliseconds: 1_002_000), failure))
    }

    @Test func `Retry-After is honoured`() {
        let verdict = decide(.answered(status: 503, retryAfter: 60_000))
        #expect(verdict == .retry(at: Timestamp(milliseconds: 1_060_000), .status(503)))
    }

    @Test func `after three days an event is given up, with what it failed of last`() {
        let age: Int64 = 3 * 86_400_000
        #expect(decide(.answered(status: 500, retryAfter: nil), attempts: 40, age: age) == .bury(.status(500)))
        #expect(decide(.failed(.timeout), attempts: 40, age: age) == .bury(.timeout))
        #expect(decide(.answered(status: 204, retryAfter: nil), attempts: 40, age: age) == .settle)
    }

    @Test func `a body that does not open is not tried again`() {
        #expect(decide(.failed(.damaged)) == .bury(.damaged))
    }

    @Test func `whatever is answered, the target can be reached; it is welcome unless it says "not now"`() {
        let answers = [204, 400, 503, 429].map { DeliveryOutcome.answered(status: $0, retryAfter: nil) }
        #expect(answers.allSatisfy { $0.isAnswered } && answers.map(\.isWelcome) == [true, true, false, false])
        let none = DeliveryOutcome.failed(.timeout)
        #expect(!none.isAnswered && !none.isWelcome)
    }
}

@Suite struct RetryAfterTests {
    private let now = Timestamp(milliseconds: 784_111_777_000)  // 1994-11-06T08:49:37Z

    @Test(
        arguments: [
            ("0", 0), ("120", 120_000), ("999999999", 999_999_999_000), ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
            ("Sun, 06 Nov 1994 08:50:07 GMT", 30_000), ("Sat, 05 Nov 1994 08:49:37 GMT", 0),
            ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400_000 - 784_111_777_000), ("120 ", 120_000), ("\t7\t", 7_000),
            ("Sunday, 06-Nov-94 08:50:07 GMT", 30_000), ("Sunday, 06-Nov-94 08:49:07 GMT", 0),
            ("Sun Nov  6 08:50:07 1994", 30_000), ("Sun Nov 16 08:49:37 1994", 864_000_000),
            // Less than fifty years ahead, and more: that is the one of last century.
            ("Tuesday, 29-Feb-00 00:00:00 GMT", 951_782_400_000 - 784_111_777_000),
            ("Sunday, 06-Nov-44 08:49:37 GMT", 1_000_000_000_000),
            ("Sunday, 06-Nov-45 08:49:37 GMT", 0),
        ] as [(String, Int64)])
    func `seconds and dates are read`(value: String, wait: Int64) {
        #expect(RetryAfter.parse(value, now: now) == wait)
    }

    @Test(
        arguments: [
            "", " ", "-1", "+1", "1.5", "1 2", "soon", "１", "Sun, 06 Foo 1994 08:49:37 GMT", "06 Nov 1994",
            "Sun, 06 Nov 1994 9223372036854775807:00:00 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 -1:00:00 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37",
            "Sunday, 06-Nov--4 08:49:37 GMT", "Sun Nov  6 08:49:37 94", "Sun Foo  6 08:49:37 1994",
            "Sun Nov  6 08:49:37: 1994", "Sun Nov 32 08:49:37 1994", "Sun Nov 006 08:49:37 1994",
        ])
    func `anything else is no wait`(value: String) {
        #expect(RetryAfter.parse(value, now: now) == nil)
    }

    @Test(arguments: [
        "9999999999", "9223372036854775808", "99999999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT",
    ])
    func `any number of seconds is a wait, to its bound`(value: String) throws {
        let asked = try #require(RetryAfter.parse(value, now: now))
        #expect(RetrySchedule().wait(after: 1, asked: asked, random: 0) == RetrySchedule().longestAsked)
    }

    /// The forms of a date that the cases name, for four seconds after `now`.
    private static let forms = [
        "IMF-fixdate": "Sun, 06 Nov 1994 08:49:41 GMT", "RFC 850 (two-digit year)": "Sunday, 06-Nov-94 08:49:41 GMT",
        "asctime": "Sun Nov  6 08:49:41 1994",
    ]

    @Test(.enabled(if: Cases.areAvailable, Cases.absent))
    func `the cases found from outside are read as they say`() throws {
        let cases = try Cases.list("retry-after")
        #expect(cases.count == 11)
        for each in cases {
            let value = try #require(each["value"]?.string ?? each["form"]?.string.flatMap { Self.forms[$0] })
            let asked = RetryAfter.parse(value, now: now)
            let wait = RetrySchedule().wait(after: 1, asked: asked, random: 0)
            switch each["earliest"] {
            case .number(let seconds): #expect(wait >= (try #require(Int64(seconds))) * 1000, "\(value)")
            case .string("bound"): #expect(wait == RetrySchedule().longestAsked, "\(value)")
            default: #expect(asked == nil, "\(value)")
            }
        }
    }
}
