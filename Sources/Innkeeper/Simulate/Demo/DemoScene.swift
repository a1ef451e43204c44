/// One line of the demo's story: many requests of one kind, and the answer all of them must get.
struct DemoScene: Sendable {
    /// What happens, for somebody who has not read the manual.
    let title: String
    /// The status of every answer.
    let expected: Int
    /// How many requests there are.
    let count: Int
    /// Writes request number 0, 1 and so on.
    let request: @Sendable (Int) throws -> StandInRequest
}

extension StandInRequest {
    /// The same request with one header's value replaced, or without the header.
    func with(_ name: String, _ value: String?) -> StandInRequest {
        var copy = self
        copy.headers.removeAll { $0.name == name }
        if let value { copy.headers.append((name, value)) }
        return copy
    }

    /// The same request with another body.
    func with(body: String) -> StandInRequest {
        var copy = self
        copy.body = Array(body.utf8)
        return copy
    }
}
