/// Labels and values below each other, for one thing in detail.
struct Fields {
    private var fields: [(label: String, value: String)] = []
    private let terminal: Terminal

    /// An empty list.
    init(terminal: Terminal) { self.terminal = terminal }

    /// Adds a line; an empty value shows as a dash.
    mutating func add(_ label: String, _ value: String?) {
        let value = value ?? ""
        fields.append((label, value.isEmpty ? "-" : PrintableText.make(value)))
    }

    /// All lines.
    var text: String {
        let width = fields.map { PrintableText.width($0.label) }.max() ?? 0
        return fields.reduce(into: "") { text, field in
            let padding = String(repeating: " ", count: width - PrintableText.width(field.label))
            text += terminal.styled(field.label, .bold) + padding + "  " + field.value + "\n"
        }
    }
}
