import Foundation
import HTTPTypes
import HummingbirdTesting
import Installations
import Testing

@testable import OperatorAPI

/// A browser, as far as the server can tell: it keeps cookies and fills in forms.
final class ConsoleClient {
    private let client: any TestClientProtocol
    private var cookies: [String: String] = [:]
    /// What it sends besides.
    var headers: HTTPFields = [:]

    init(_ client: any TestClientProtocol) { self.client = client }

    func get(_ path: String) async throws -> (status: Int, body: String, headers: HTTPFields) {
        try await ask(.get, path)
    }

    func post(
        _ path: String, _ fields: [String: String]
    ) async throws -> (status: Int, body: String, headers: HTTPFields) {
        let body = fields.map { "\($0)=\($1.asPathPart)" }.joined(separator: "&")
        return try await ask(.post, path, body: body)
    }

    /// Logs in with the text of a key; the answer to the form.
    func logIn(
        with key: String, next: String = "/overview"
    ) async throws -> (status: Int, body: String, headers: HTTPFields) {
        let form = try await get("/login?next=\(next.asPathPart)")
        return try await post("/login", ["csrf": try #require(form.body.csrf), "key": key, "next": next])
    }

    /// Whether it keeps a cookie of that name.
    func keeps(_ name: String) -> Bool { cookies[name] != nil }

    private func ask(
        _ method: HTTPRequest.Method, _ path: String, body: String? = nil
    ) async throws -> (status: Int, body: String, headers: HTTPFields) {
        var headers = headers
        if !cookies.isEmpty { headers[.cookie] = cookies.map { "\($0)=\($1)" }.joined(separator: "; ") }
        let answer = try await client.ask(method, path, headers, body: body)
        for field in answer.headers[values: .setCookie] {
            let pair = field.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
            cookies[String(pair[0])] = field.contains("Max-Age=0") ? nil : String(pair.last ?? "")
        }
        return answer
    }
}

extension String {
    /// The token of the first form on a page.
    var csrf: String? {
        guard let start = firstRange(of: "name=\"csrf\" value=\"")?.upperBound else { return nil }
        return String(self[start...].prefix { $0 != "\"" })
    }
}

extension Harness {
    /// The text of a new key.
    func key(_ scopes: Scope..., addons: Set<String>? = nil) async throws -> String {
        let header =
            if let addons {
                try await bearer(Set(scopes), for: Array(addons)[0])[.authorization]
            } else {
                try await bearerOf(Set(scopes))[.authorization]
            }
        return String(try #require(header).dropFirst("Bearer ".count))
    }
}
