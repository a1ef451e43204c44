import FoundationEssentials
import Glibc

/// What is at the other end of a stream.
struct Terminal: Sendable {
    /// Whether a person is reading.
    let isTerminal: Bool
    /// Columns; nil when there is no limit, as in a file or a pipe.
    let width: Int?
    /// Whether bold and colours are welcome.
    let hasColour: Bool

    /// A terminal, or a plain stream by default.
    init(isTerminal: Bool = false, width: Int? = nil, hasColour: Bool = false) {
        self.isTerminal = isTerminal
        self.width = width
        self.hasColour = hasColour
    }

    /// What a stream of this process leads to. `NO_COLOR` (any value but empty) and `TERM=dumb` switch colours off,
    /// `COLUMNS` overrides the width.
    init(_ stream: StandardStream, environment: [String: String] = ProcessInfo.processInfo.environment) {
        guard isatty(stream.rawValue) == 1 else {
            self.init()
            return
        }
        var size = winsize()
        let isKnown = ioctl(stream.rawValue, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let columns = environment["COLUMNS"].flatMap { Int($0) } ?? (isKnown ? Int(size.ws_col) : 80)
        let isPlain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false || environment["TERM"] == "dumb"
        self.init(isTerminal: true, width: max(columns, 20), hasColour: !isPlain)
    }

    /// A look of text.
    enum Style: String {
        case bold = "1"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    /// The text in that look, or as it is where colours are not welcome.
    func styled(_ text: String, _ style: Style) -> String {
        hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}
