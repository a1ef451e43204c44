/// A request's body on the wire. Its members are listed, so that one that nobody reads is told from one that is left out.
protocol RequestJSON: Codable, Sendable {
    associatedtype CodingKeys: CodingKey, CaseIterable
}

/// The body of a request to which there is nothing to say: empty, or `{}`.
struct NoMembersJSON: RequestJSON {
    enum CodingKeys: CodingKey, CaseIterable {}
}
