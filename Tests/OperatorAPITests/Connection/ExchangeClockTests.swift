import NIOCore
import Testing

@testable import OperatorAPI

@Suite struct ExchangeClockTests {
    private static func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }

    @Test func `the client's turns add up and the server's do not count`() {
        var clock = ExchangeClock(.seconds(30))
        #expect(clock.due == nil)
        clock.clientsTurn(at: Self.at(0))
        clock.clientsTurn(at: Self.at(5))
        #expect(clock.due == Self.at(30))
        clock.serversTurn(at: Self.at(10))
        #expect(clock.due == nil)
        clock.clientsTurn(at: Self.at(1000))
        #expect(clock.due == Self.at(1020))
    }

    @Test func `what is left can be shortened and not lengthened`() {
        var clock = ExchangeClock(.seconds(30))
        clock.clientsTurn(at: Self.at(0))
        clock.shorten(to: .seconds(5), at: Self.at(10))
        #expect(clock.due == Self.at(15))
        clock.shorten(to: .seconds(60), at: Self.at(12))
        #expect(clock.due == Self.at(15))
    }
}
