import Foundation
import Glibc

/// A running `innkeeper serve`.
struct Server: Sendable {
    /// The process.
    let child: Child
    /// The public listener's port.
    let ingress: UInt16
    /// The operator listener's port.
    let operators: UInt16

    /// Waits until the process is ready.
    init(_ child: Child) async throws {
        self.child = child
        guard let line = await child.output.firstLine(),
            let match = line.wholeMatch(
                of: #/innkeeper ready ingress=http://127\.0\.0\.1:(\d+) operator=http://127\.0\.0\.1:(\d+)/#),
            let ingress = UInt16(match.1), let operators = UInt16(match.2)
        else { throw Unexpected("no ready line but: \(child.output.text)\(child.errors.text)") }
        self.ingress = ingress
        self.operators = operators
    }

    /// Sends a request to the public listener, on a connection of its own.
    func send(_ request: Request) async throws -> Answer {
        try await Self.exchange(request, port: ingress)
    }

    /// Sends one request after the other and returns their statuses.
    func statuses(_ requests: [Request]) async throws -> [Int] {
        let connection = try await Connection.open(port: ingress)
        var statuses: [Int] = []
        for request in requests {
            try await connection.send(request.bytes)
            statuses.append(try await connection.answer().status)
        }
        return statuses
    }

    /// Asks the operator listener, with an API key if one is given.
    func ask(_ target: String, key: String? = nil) async throws -> Answer {
        try await ask("GET", target, key: key, body: "")
    }

    /// Asks the operator listener, with an API key if one is given.
    func ask(_ method: String, _ target: String, key: String? = nil, body: String) async throws -> Answer {
        var request = Request(method: method, target: target, body: Array(body.utf8))
        if let key { request = request.adding("Authorization", "Bearer \(key)") }
        return try await Self.exchange(request, port: operators)
    }

    /// Asks the operator listener for JSON that must be there.
    func ask<Value: Decodable>(_ target: String, key: String, as: Value.Type = Value.self) async throws -> Value {
        let answer = try await ask(target, key: key)
        guard answer.status == 200 else { throw Unexpected("\(answer.status) for \(target)") }
        return try JSONDecoder().decode(Value.self, from: Data(answer.body))
    }

    /// Stops it as an operator would; returns the exit status.
    func stop() async -> Int32 {
        child.send(SIGTERM)
        return await child.status()
    }

    private static func exchange(_ request: Request, port: UInt16) async throws -> Answer {
        let connection = try await Connection.open(port: port)
        try await connection.send(request.bytes)
        return try await connection.answer(toHead: request.method == "HEAD")
    }
}
