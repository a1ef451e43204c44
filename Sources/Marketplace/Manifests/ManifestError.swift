/// Why a manifest cannot be served. Says the field and the fix; values come from the operator's own file and are cut
/// and made printable.
package enum ManifestError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not strict JSON at this line, counted from 1.
    case notJSON(line: Int)
    /// A member name twice in one object, at this line.
    case duplicateName(line: Int)
    /// The file holds another value than an object.
    case notObject
    /// A required field is absent.
    case missing(field: String)
    /// A field holds the wrong kind of value.
    case wrongType(field: String, expected: String)
    /// A field's value breaks a rule.
    case badValue(field: String, value: String, rule: String)
    /// Two entries claim one path, and a request could not be told apart.
    case sharedPath(field: String, other: String, path: RoutePath)
    /// More webhooks than are served.
    case tooManyWebhooks(Int)

    package var description: String {
        switch self {
        case .notJSON(let line): "line \(line): not valid JSON"
        case .duplicateName(let line): "line \(line): the same member name twice in one object; remove one"
        case .notObject: "the file must hold one JSON object"
        case .missing(let field): "\(field): missing; add it"
        case .wrongType(let field, let expected): "\(field): must be \(expected)"
        case .badValue(let field, let value, let rule): "\(field): \"\(value)\" \(rule)"
        case .sharedPath(let field, let other, let path):
            "\(field): the path \(path) is also \(other)'s; a request does not say which is meant, so use two paths"
        case .tooManyWebhooks(let count): "webhooks: \(count) entries; at most \(Manifest.maximumWebhooks) are served"
        }
    }

    /// A value for a message: at most 64 characters, control characters replaced.
    static func shown(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(64).map { $0.isPrintable ? $0 : "?" }))
    }
}
