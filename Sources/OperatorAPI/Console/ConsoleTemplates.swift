import HTTPTypes
import Hummingbird
import Mustache
import NIOCore

/// The pages as they lie in the folder beside this file, embedded.
struct ConsoleTemplates: Sendable {
    /// Read when the first page is asked for: no command pays for it.
    private static let library: MustacheLibrary = {
        MustacheContentTypes.register(PageText(), named: PageText.name)
        var library = MustacheLibrary()
        for (name, bytes) in all {
            let text = "{{% CONTENT_TYPE:\(PageText.name)}}" + String(decoding: bytes, as: UTF8.self)
            do {
                try library.register(text, named: name)
            } catch {
                preconditionFailure("the template \(name) does not read: \(error)")
            }
        }
        return library
    }()

    private static let all: [(String, [UInt8])] = [
        ("frame", PackageResources.frame_mustache), ("places", PackageResources.places_mustache),
        ("pager", PackageResources.pager_mustache), ("login", PackageResources.login_mustache),
        ("moment", PackageResources.moment_mustache), ("problem", PackageResources.problem_mustache),
        ("problem-alone", PackageResources.problem_alone_mustache), ("overview", PackageResources.overview_mustache),
        ("installations", PackageResources.installations_mustache),
        ("installation", PackageResources.installation_mustache), ("events", PackageResources.events_mustache),
        ("event", PackageResources.event_mustache), ("targets", PackageResources.targets_mustache),
        ("chart", PackageResources.chart_mustache),
        ("cards", PackageResources.cards_mustache),
        ("keys", PackageResources.keys_mustache),
        ("audit", PackageResources.audit_mustache), ("access", PackageResources.access_mustache),
        ("doctor", PackageResources.doctor_mustache),
    ]

    func render(_ name: String, _ content: Any, _ status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text(name, content))))
    }

    func text(_ name: String, _ content: Any) -> String {
        guard let text = Self.library.render(content, withTemplate: name) else {
            preconditionFailure("there is no template \(name)")
        }
        return text
    }
}

/// Makes text of whatever somebody else chose: no byte of it begins or ends anything of the page.
///
/// The library's own way goes by what readers take for one letter: a quotation mark with an accent over it is another letter to
/// it, and stays; to a browser it ends an attribute.
struct PageText: MustacheContentType {
    static let name = "PAGE"

    func escapeText(_ text: String) -> String {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "<"): escaped += "&lt;".utf8
            case UInt8(ascii: ">"): escaped += "&gt;".utf8
            case UInt8(ascii: "&"): escaped += "&amp;".utf8
            case UInt8(ascii: "\""): escaped += "&quot;".utf8
            case UInt8(ascii: "'"): escaped += "&#39;".utf8
            // No character of a page; a browser would show something else in its place.
            case 0: escaped += "\u{fffd}".utf8
            default: escaped.append(byte)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
