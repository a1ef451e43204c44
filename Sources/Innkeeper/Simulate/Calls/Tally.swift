/// How often each answer came, against the one that was expected.
struct Tally: Hashable, Sendable {
    /// The status every request should be answered with.
    let expected: Int
    private var counts: [StandInClient.Reply: Int] = [:]

    /// No answers yet.
    init(expected: Int) { self.expected = expected }

    /// Counts one answer.
    mutating func count(_ answer: StandInClient.Reply) { counts[answer, default: 0] += 1 }

    /// How many answers came, and requests that got none.
    var requests: Int { counts.values.reduce(0, +) }

    /// Whether every answer was the expected one, with an empty body.
    var isAsExpected: Bool { counts.keys.allSatisfy { $0 == .status(expected) } }

    /// Such as `198 × 204, 2 × 401`.
    var description: String {
        counts.isEmpty ? "nothing sent" : answers.map { "\($1) × \($0)" }.sorted().joined(separator: ", ")
    }

    /// How often each answer came, by its name.
    var answers: [String: Int] {
        Dictionary(uniqueKeysWithValues: counts.map { (Self.name(of: $0), $1) })
    }

    private static func name(of answer: StandInClient.Reply) -> String {
        switch answer {
        case .status(let status): String(status)
        case .statusWithBody(let status): "\(status) with a body"
        case .none: "no answer"
        }
    }
}

/// A tally as `-o json` writes it.
struct TallyJSON: Encodable, Sendable {
    let call: String
    let requests: Int
    let expected: Int
    /// A status, `no answer`, or a status with the words `with a body`.
    let answers: [String: Int]
    let asExpected: Bool

    /// The answers to one call.
    init(_ call: String, _ tally: Tally) {
        self.call = call
        requests = tally.requests
        expected = tally.expected
        answers = tally.answers
        asExpected = tally.isAsExpected
    }
}
