import HTTPTypes
import Hummingbird
import Sealing

/// The cookies of the console: one names a session, the other proves that a log-in form was made for this browser.
enum ConsoleCookie: String {
    case session = "innkeeper_session"
    case login = "innkeeper_login"

    /// What a browser calls it. With the prefix it takes it from this host alone, and not from one that shares its domain.
    private func name(_ isSecure: Bool) -> String { isSecure ? "__Host-" + rawValue : rawValue }

    /// Its value in a request; nil when there is none or more than one.
    func value(in request: Request, isSecure: Bool) -> SecretBytes? {
        let name = name(isSecure)
        let values = request.headers[values: .cookie].flatMap { $0.split(separator: ";") }.compactMap {
            pair -> Substring? in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].trimming(while: \.isWhitespace) == name else { return nil }
            return parts[1]
        }
        guard values.count == 1, let value = values.first, (1...256).contains(value.utf8.count) else { return nil }
        return SecretBytes(utf8: value)
    }

    /// Has the browser keep it: no script reads it, and no other site's page makes it be sent.
    func set(_ secret: SecretBytes, isSecure: Bool, in response: inout Response) {
        let text = secret.expose("the browser keeps its session") { String(decoding: $0, as: UTF8.self) }
        response.headers.append(field("\(name(isSecure))=\(text)", isSecure))
    }

    /// Has the browser forget it.
    func clear(isSecure: Bool, in response: inout Response) {
        response.headers.append(field("\(name(isSecure))=; Max-Age=0", isSecure))
    }

    private func field(_ pair: String, _ isSecure: Bool) -> HTTPField {
        HTTPField(
            name: .setCookie, value: pair + "; Path=/; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : ""))
    }
}

extension Substring {
    fileprivate func trimming(while isOut: (Character) -> Bool) -> Substring {
        var rest = drop(while: isOut)
        while let last = rest.last, isOut(last) { rest.removeLast() }
        return rest
    }
}
