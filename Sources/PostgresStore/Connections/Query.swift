/// One statement with its values, in the binary form of the protocol: nothing is ever written into the text.
struct Query: Sendable {
    /// The statement. It is prepared once on each connection, so there are few texts.
    let text: String
    /// The values.
    private(set) var arguments = Arguments()

    /// A statement with its values, `$1` first.
    init(_ text: String, _ values: any PostgresValue...) {
        self.init(text, values)
    }

    /// The same.
    init(_ text: String, _ values: [any PostgresValue]) {
        self.text = text
        for value in values { add(value) }
    }

    /// Adds the next value.
    mutating func add(_ value: some PostgresValue) {
        arguments.types.append(type(of: value).type)
        let start = arguments.bytes.count
        let isNull = !value.encode(into: &arguments.bytes)
        arguments.ranges.append(start..<arguments.bytes.count)
        arguments.areNull.append(isNull)
    }
}

/// The values of one statement, one behind the other.
struct Arguments: Sendable {
    /// The object id of each value's type.
    fileprivate(set) var types: [UInt32] = []
    /// Where each lies.
    fileprivate(set) var ranges: [Range<Int>] = []
    /// Whether it is NULL.
    fileprivate(set) var areNull: [Bool] = []
    /// All of them.
    fileprivate(set) var bytes: [UInt8] = []
}

/// What can be bound.
protocol PostgresValue: Sendable {
    /// The object id of its type, which never changes (pg_type.dat).
    static var type: UInt32 { get }
    /// Appends its binary form. Returns whether it has one; NULL has none.
    func encode(into bytes: inout [UInt8]) -> Bool
}

/// What can be bound by the hundred, as one value.
protocol PostgresElement: PostgresValue {
    /// The object id of the type of arrays of it.
    static var arrayType: UInt32 { get }
}

extension Int64: PostgresElement {
    static var type: UInt32 { 20 }
    static var arrayType: UInt32 { 1016 }

    func encode(into bytes: inout [UInt8]) -> Bool {
        unsafe withUnsafeBytes(of: bigEndian) { unsafe bytes.append(contentsOf: $0) }
        return true
    }
}

extension Bool: PostgresElement {
    static var type: UInt32 { 16 }
    static var arrayType: UInt32 { 1000 }

    func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(self ? 1 : 0)
        return true
    }
}

extension String: PostgresElement {
    static var type: UInt32 { 25 }
    static var arrayType: UInt32 { 1009 }

    func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(contentsOf: TextEscape.stored(self).utf8)
        return true
    }
}

extension Array: PostgresValue, PostgresElement where Element == UInt8 {
    static var type: UInt32 { 17 }
    static var arrayType: UInt32 { 1001 }

    func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(contentsOf: self)
        return true
    }
}

extension Optional: PostgresValue where Wrapped: PostgresElement {
    static var type: UInt32 { Wrapped.type }

    func encode(into bytes: inout [UInt8]) -> Bool {
        guard let self else { return false }
        return self.encode(into: &bytes)
    }
}

extension Optional: PostgresElement where Wrapped: PostgresElement {
    static var arrayType: UInt32 { Wrapped.arrayType }
}

/// Many values of one type, bound as one array: a statement for a batch, whatever its size.
struct Column<Element: PostgresElement>: PostgresValue {
    private let elements: [Element]

    /// These values in their order.
    init(_ elements: [Element]) { self.elements = elements }

    static var type: UInt32 { Element.arrayType }

    func encode(into bytes: inout [UInt8]) -> Bool {
        bytes.append(contentsOf: Self.header(dimensions: elements.isEmpty ? 0 : 1, type: Element.type))
        guard !elements.isEmpty else { return true }
        bytes.append(contentsOf: Self.word(Int32(elements.count)) + Self.word(1))
        for element in elements {
            let start = bytes.count
            bytes.append(contentsOf: Self.word(-1))
            guard element.encode(into: &bytes) else { continue }
            bytes.replaceSubrange(start..<start + 4, with: Self.word(Int32(bytes.count - start - 4)))
        }
        return true
    }

    /// Dimensions, whether there may be NULLs, and the type of the elements.
    private static func header(dimensions: Int32, type: UInt32) -> [UInt8] {
        word(dimensions) + word(1) + word(Int32(bitPattern: type))
    }

    private static func word(_ value: Int32) -> [UInt8] {
        unsafe withUnsafeBytes(of: value.bigEndian) { unsafe Array($0) }
    }
}

/// Texts of PostgreSQL hold every character but U+0000. A name that a user chose may have one, and must not lose an INSTALLED: so
/// that one is written as U+10FFFF and a zero, and U+10FFFF, which no text is expected to have, as itself and a one.
enum TextEscape {
    private static let mark: Unicode.Scalar = "\u{10FFFF}"

    /// A text as it is stored.
    static func stored(_ text: String) -> String {
        // U+10FFFF begins with 0xF4.
        guard text.utf8.contains(where: { $0 == 0 || $0 == 0xF4 }) else { return text }
        var stored = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\0": stored.append(contentsOf: [mark, "0"])
            case mark: stored.append(contentsOf: [mark, "1"])
            default: stored.append(scalar)
            }
        }
        return String(stored)
    }

    /// The text that is stored so.
    static func read(_ stored: String) -> String {
        guard stored.utf8.contains(0xF4) else { return stored }
        var (text, isMarked) = (String.UnicodeScalarView(), false)
        for scalar in stored.unicodeScalars {
            if isMarked {
                text.append(scalar == "0" ? "\0" : mark)
                isMarked = false
            } else if scalar == mark {
                isMarked = true
            } else {
                text.append(scalar)
            }
        }
        return String(text)
    }
}
