/// A path of the operator API with its query, escaped part by part: an add-on key may hold a slash or a space.
struct OperatorPath: Hashable, Sendable {
    /// The request target.
    let target: String

    /// The path below `/api/v1`. Query items without a value are left out.
    init(_ segments: String..., query: [(String, String?)] = []) {
        let path = "/api/v1/" + segments.map(Self.escape).joined(separator: "/")
        let items = query.compactMap { name, value in value.map { "\(name)=\(Self.escape($0))" } }
        target = items.isEmpty ? path : path + "?" + items.joined(separator: "&")
    }

    /// The installation's path, with an action behind it.
    static func installation(_ one: InstallationName, _ action: String? = nil) -> OperatorPath {
        if let action { return OperatorPath("installations", one.addonKey, one.workspaceID, one.addonID, action) }
        return OperatorPath("installations", one.addonKey, one.workspaceID, one.addonID)
    }

    /// Every byte but unreserved ones percent-encoded.
    static func escape(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { result, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 0x0F)])"
            }
        }
    }
}

/// The full key of an installation as texts, as the wire has it.
struct InstallationName: Hashable, Sendable {
    let addonKey: String
    let workspaceID: String
    let addonID: String
}
