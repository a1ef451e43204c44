import Listening
import Marketplace
import NIOHTTP1

/// The header fields that decide about a request, read in one pass.
struct RequestFields {
    /// How often a field occurs. A field that counts is given exactly once: of two values, a proxy in front may have
    /// judged the other one.
    enum Occurrence: Equatable {
        case none
        case once(String)
        case many

        fileprivate mutating func add(_ value: String) {
            if case .none = self { self = .once(value) } else { self = .many }
        }

        /// The value, if the field occurs exactly once and is no list.
        var single: String? {
            guard case .once(let value) = self else { return nil }
            return value.utf8.span.firstIndex(of: UInt8(ascii: ",")) == nil ? value : nil
        }
    }

    private let version: HTTPVersion
    private(set) var host = Occurrence.none
    private var contentLength = Occurrence.none
    private var transferEncoding = Occurrence.none
    private var expect = Occurrence.none
    /// How the body is framed; nil when two readers could disagree about it. A request whose end a proxy sees elsewhere
    /// than this server carries a second one inside, past the proxy's rules (RFC 9112 section 11.2).
    private(set) var framing: RequestCourse.Framing?
    /// Whether the client closes the connection after this request.
    private(set) var asksToClose = false
    private(set) var upgrade = Occurrence.none
    private(set) var lifecycleToken = Occurrence.none
    private(set) var webhookSignature = Occurrence.none
    private(set) var webhookEvent = Occurrence.none

    init(_ headers: HTTPHeaders, of version: HTTPVersion = .http1_1) {
        self.version = version
        let signature = KnownPlatform.clockify.signatureField.lowercased
        let lifecycle = KnownPlatform.clockify.lifecycleTokenField.lowercased
        let eventType = KnownPlatform.clockify.eventTypeField.lowercased
        for (name, value) in headers {
            // No two of these names have the same length, so a field costs at most one comparison.
            switch name.utf8.count {
            case 4 where name.isName("host"): host.add(value)
            case 6 where name.isName("expect"): expect.add(value)
            case 10 where name.isName("connection"):
                if FieldValue.list(value, has: "close") { asksToClose = true }
            case 7 where name.isName("upgrade"): upgrade.add(value)
            case 14 where name.isName("content-length"): contentLength.add(value)
            case 17 where name.isName("transfer-encoding"): transferEncoding.add(value)
            case signature.utf8CodeUnitCount where name.isName(signature): webhookSignature.add(value)
            case lifecycle.utf8CodeUnitCount where name.isName(lifecycle): lifecycleToken.add(value)
            case eventType.utf8CodeUnitCount where name.isName(eventType): webhookEvent.add(value)
            default: break
            }
        }
        switch (transferEncoding, contentLength) {
        case (.none, .none): framing = .length(0)
        case (.none, .once(let text)): framing = FieldValue.length(text).map { .length($0) }
        case (.once(let coding), .none) where !version.isHTTP10 && coding.isName("chunked"): framing = .chunked
        default: framing = nil
        }
    }

    /// The word for a head that breaks RFC 9112; nil for a good one.
    var violation: String? {
        switch host {
        case .none where version.isHTTP10: break
        case .once(let host) where FieldValue.isHost(host): break
        case .none, .once, .many: return "host"
        }
        return framing == nil ? "framing" : nil
    }

    /// Whether the client holds the body back until it is told to go on (RFC 9110 section 10.1.1).
    var expectsContinue: Bool {
        guard !version.isHTTP10, case .once(let value) = expect, value.isName("100-continue") else { return false }
        return framing != .length(0)
    }
}

extension HTTPVersion {
    /// Whether it is the version without `Host`, chunks and `Expect`, in which connections close by default. The decoder
    /// lets no other version than 1.0 and 1.1 pass.
    var isHTTP10: Bool { self == .http1_0 }
}

extension String {
    /// Whether this is `name`, given in lower case, in any ASCII case. Other scripts have letters that Unicode folds to
    /// ASCII ones; they do not count.
    fileprivate func isName(_ name: StaticString) -> Bool {
        let bytes = utf8.span
        return name.withUTF8Buffer { expected in
            guard bytes.count == expected.count else { return false }
            for index in bytes.indices {
                let byte = bytes[index]
                let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                guard (isUpper ? byte | 0x20 : byte) == expected[index] else { return false }
            }
            return true
        }
    }
}
