import Foundation

/// A request as it goes out: nothing is added but `Host` and `Content-Length`, and those only where none is given.
struct Request: Sendable {
    var method = "POST"
    var target: String
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []

    /// A request without a body.
    static func get(_ target: String) -> Request { Request(method: "GET", target: target) }

    /// The same with a field's value replaced, or without the field.
    func with(_ name: String, _ value: String?) -> Request {
        var copy = self
        copy.fields.removeAll { $0.name == name }
        if let value { copy.fields.append((name, value)) }
        return copy
    }

    /// The same with one more field.
    func adding(_ name: String, _ value: String) -> Request {
        var copy = self
        copy.fields.append((name, value))
        return copy
    }

    /// The same to another target.
    func to(_ target: String) -> Request {
        var copy = self
        copy.target = target
        return copy
    }

    /// The same with another body.
    func with(body: String) -> Request {
        var copy = self
        copy.body = Array(body.utf8)
        return copy
    }

    /// Request line, fields and the empty line, for a body of `length` bytes.
    func head(length: Int) -> String {
        var lines = ["\(method) \(target) HTTP/1.1"] + fields.map { "\($0.name): \($0.value)" }
        let names = Set(fields.map { $0.name.lowercased() })
        if !names.contains("host") { lines.append("Host: addon.example.com") }
        if method == "POST", names.isDisjoint(with: ["content-length", "transfer-encoding"]) {
            lines.append("Content-Length: \(length)")
        }
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    /// The whole request.
    var bytes: [UInt8] { Array(head(length: body.count).utf8) + body }
}

/// An answer as it came.
struct Answer: Equatable, Sendable {
    /// Status line, fields and the empty line.
    let head: [UInt8]
    var body: [UInt8] = []
    /// The status.
    let status: Int
    /// Names in lower case; a name that comes twice is an error of the server.
    let fields: [String: String]

    /// Reads a head.
    init(head: [UInt8]) throws {
        self.head = head
        let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count >= 2, ["HTTP/1.1", "HTTP/1.0"].contains(words[0]), let status = Int(words[1]) else {
            throw Connection.Failure(what: "not an HTTP answer: \(lines[0])")
        }
        self.status = status
        var fields: [String: String] = [:]
        for line in lines.dropFirst() where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { throw Connection.Failure(what: "not a field: \(line)") }
            let name = line[..<colon].lowercased()
            guard fields[name] == nil else { throw Connection.Failure(what: "twice: \(name)") }
            fields[name] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        guard fields["transfer-encoding"] == nil else { throw Connection.Failure(what: "a chunked answer") }
        self.fields = fields
    }

    /// How long the body is.
    var length: Int { fields["content-length"].flatMap { Int($0) } ?? 0 }

    /// Everything on the wire.
    var bytes: [UInt8] { head + body }

    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }
}
