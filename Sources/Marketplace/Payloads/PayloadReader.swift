/// A lifecycle body, looked through once for all that is read of it. What decides is read strictly; the rest is judged by
/// JSON's grammar alone: the platform adds to a body without notice, and sends the tokens in it only once.
package struct PayloadReader: Sendable {
    /// The longest text that is kept for people to read, in bytes. A longer one is left out.
    static let maximumText = 4096
    /// The longest URL that is kept, in bytes.
    static let maximumURL = 2048

    let body: [UInt8]
    /// Where the values of the fields lie.
    private let fields: [PayloadField: Range<Int>]
    /// Fields that come twice: two readers might believe two different values.
    private let repeated: Set<PayloadField>

    /// The body of a call.
    package init(_ body: [UInt8]) throws(PayloadError) {
        var fields: [PayloadField: Range<Int>] = [:]
        var repeated: Set<PayloadField> = []
        let bytes = body.span
        let isObject: Bool
        do throws(JSONError) {
            isObject = try JSONGrammar.members(bytes) { name, value in
                let field = PayloadField.allCases.first { JSONScanner.matches(name, $0.rawValue, bytes) }
                guard let field else { return }
                if fields.updateValue(value, forKey: field) != nil { repeated.insert(field) }
            }
        } catch {
            throw .notJSON
        }
        guard isObject else { throw .notObject }
        self.body = body
        self.fields = fields
        self.repeated = repeated
    }

    /// The value of a field that decides something, as it stands in the body; nil when it is absent or null.
    func source(_ field: PayloadField) throws(PayloadError) -> Range<Int>? {
        guard !repeated.contains(field) else { throw .repeated(field) }
        guard let value = fields[field], body[value.lowerBound] != UInt8(ascii: "n") else { return nil }
        return value
    }

    /// What is wrong with a required field that `source` does not find.
    func absence(of field: PayloadField) -> PayloadError {
        fields[field] == nil ? .missing(field) : .wrongType(field)
    }

    /// The text of a field that decides something.
    func text(_ field: PayloadField) throws(PayloadError) -> String {
        guard let value = try source(field) else { throw absence(of: field) }
        guard let text = StrictJSON.string(value, body.span) else { throw .wrongType(field) }
        return JSONScanner.decode(text, body.span)
    }

    func id<Kind>(_ field: PayloadField) throws(PayloadError) -> OpaqueID<Kind> {
        guard let id = OpaqueID<Kind>(try text(field)) else { throw .badID(field) }
        return id
    }

    func token(_ field: PayloadField) throws(PayloadError) -> TokenText {
        let text = try text(field)
        guard text.utf8.count <= CompactJWS.maximumLength else { throw .tooLong(field) }
        return TokenText(text)
    }

    /// A text that is only kept, in the clear: whole, or not at all. Nil when it is no text, too long, given twice, or holds
    /// a token, or what a text cannot keep: half of a surrogate pair, which reads as U+FFFD, or U+0000, where many readers
    /// stop.
    func kept(_ field: PayloadField, atMost limit: Int = maximumText) -> String? {
        guard !repeated.contains(field), let value = fields[field], let text = StrictJSON.string(value, body.span),
            text.range.count <= 6 * limit
        else { return nil }
        let decoded = JSONScanner.decode(text, body.span)
        let isWhole = !decoded.unicodeScalars.contains { $0 == "\u{FFFD}" || $0 == "\0" }
        return isWhole && decoded.utf8.count <= limit && !TokenFinder.isAny(in: decoded) ? decoded : nil
    }

    /// The objects in an array.
    func entries(_ field: PayloadField, atMost limit: Int) throws(PayloadError) -> [PayloadReader] {
        guard let value = try source(field) else { return [] }
        let bytes = body.span.extracting(value)
        let elements: [Range<Int>]?
        do throws(JSONError) {
            elements = try JSONGrammar.elements(bytes)
        } catch {
            throw .notJSON
        }
        guard let elements else { throw .wrongType(field) }
        guard elements.count <= limit else { throw .tooManyWebhooks }
        var entries: [PayloadReader] = []
        for element in elements {
            do throws(PayloadError) {
                let range = value.lowerBound + element.lowerBound..<value.lowerBound + element.upperBound
                entries.append(try PayloadReader(Array(body[range])))
            } catch .notObject {
                throw .wrongType(field)
            }
        }
        return entries
    }
}
