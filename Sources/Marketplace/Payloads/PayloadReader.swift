/// A lifecycle body, parsed once for all that is read of it. Unknown fields are ignored, since the platform adds some
/// without notice.
package struct PayloadReader {
    /// The longest of the texts that are kept, in bytes.
    static let maximumText = 256
    /// The longest URL or path that is kept, in bytes.
    static let maximumURL = 2048

    let object: JSONObject

    /// The body of a call.
    package init(_ body: Span<UInt8>) throws(PayloadError) {
        let value: JSONValue
        do throws(JSONError) {
            value = try StrictJSON.parse(body)
        } catch {
            throw .notJSON
        }
        guard let object = value.object else { throw .notObject }
        self.object = object
    }

    /// An entry of an array in a body.
    init(entry: JSONValue, of field: PayloadField) throws(PayloadError) {
        guard let object = entry.object else { throw .wrongType(field) }
        self.object = object
    }

    func id<Kind>(_ field: PayloadField) throws(PayloadError) -> OpaqueID<Kind> {
        guard let value = object[field.rawValue] else { throw .missing(field) }
        guard let text = value.string else { throw .wrongType(field) }
        guard let id = OpaqueID<Kind>(text) else { throw .badID(field) }
        return id
    }

    func token(_ field: PayloadField) throws(PayloadError) -> TokenText {
        TokenText(try text(field, atMost: CompactJWS.maximumLength))
    }

    func text(_ field: PayloadField, atMost limit: Int = maximumText) throws(PayloadError) -> String {
        guard let text = try optionalText(field, atMost: limit) else { throw .missing(field) }
        return text
    }

    /// A text that may be absent or null.
    func optionalText(_ field: PayloadField, atMost limit: Int = maximumText) throws(PayloadError) -> String? {
        switch object[field.rawValue] {
        case nil, .null: return nil
        case .string(let text):
            guard text.utf8.count <= limit else { throw .tooLong(field) }
            return text
        default: throw .wrongType(field)
        }
    }
}
