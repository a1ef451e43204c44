import Testing

@testable import Innkeeper

@Suite struct TerminalTests {
    @Test func `styles are left out where colours are not welcome`() {
        #expect(Terminal().styled("x", .red) == "x")
        #expect(Terminal(isTerminal: true, width: 80, hasColour: true).styled("x", .red) == "\u{1B}[31mx\u{1B}[0m")
    }
}
