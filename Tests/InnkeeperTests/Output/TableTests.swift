import Testing

@testable import Innkeeper

@Suite struct TableTests {
    @Test func `columns are aligned and lines end without blanks`() {
        var table = Table([Column("NAME"), Column("COUNT", .right), Column("NOTE")], terminal: Terminal())
        #expect(
            table.render([["a", "1", "x"], ["long name", "1000", ""]])
                == "NAME       COUNT  NOTE\na              1  x\nlong name   1000  -\n")
    }

    @Test func `the header comes once and later pages keep the widths`() {
        var table = Table([Column("A"), Column("B")], terminal: Terminal())
        #expect(table.render([["wide cell", "1"]]) == "A          B\nwide cell  1\n")
        #expect(table.render([["x", "2"]]) == "x          2\n")
    }

    @Test func `the header is bold only where colours are welcome`() {
        var bold = Table([Column("A")], terminal: Terminal(isTerminal: true, width: 80, hasColour: true))
        #expect(bold.render([]) == "\u{1B}[1mA\u{1B}[0m\n")
        var plain = Table([Column("A")], terminal: Terminal(isTerminal: true, width: 80, hasColour: false))
        #expect(plain.render([]) == "A\n")
    }

    @Test func `on a terminal only columns that may shrink are cut`() {
        let columns = [Column("ID"), Column("TEXT", mayShrink: true)]
        var table = Table(columns, terminal: Terminal(isTerminal: true, width: 30))
        let line = table.render([["0123456789", String(repeating: "t", count: 50)]]).split(separator: "\n")[1]
        #expect(line == "0123456789  ttttttttttttttttt…")
        var narrow = Table(columns, terminal: Terminal(isTerminal: true, width: 5))
        #expect(narrow.render([["0123456789", "tttttttttttt"]]).contains("0123456789"))
    }

    @Test func `in a pipe nothing is cut`() {
        var table = Table([Column("TEXT", mayShrink: true)], terminal: Terminal())
        let long = String(repeating: "t", count: 5000)
        #expect(table.render([[long]]).contains(long))
    }

    @Test func `a tenant's text cannot drive the terminal`() {
        var table = Table([Column("A")], terminal: Terminal())
        let text = table.render([["\u{1B}[2J\u{7}\nsecond\r\u{202E}\u{9B}1m"]])
        #expect(text == "A\n\\u{1b}[2J\\u{7}\\u{a}second\\u{d}\\u{202e}\\u{9b}1m\n")
    }
}
