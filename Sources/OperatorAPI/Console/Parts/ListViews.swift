import Installations

/// Where a list goes on.
struct PagerView {
    /// Of the first page; nil on it.
    let first: String?
    /// Of the next page; nil on the last.
    let next: String?

    /// - Parameters:
    ///   - path: Of the list.
    ///   - items: What selects it.
    init(_ path: String, _ items: [(String, String)], at cursor: Cursor?, next: Cursor?) {
        let chosen = items.filter { !$0.1.isEmpty }
        func link(_ more: [(String, String)]) -> String {
            let query = (chosen + more).map { "\($0)=\($1.asPathPart)" }.joined(separator: "&")
            return query.isEmpty ? path : "\(path)?\(query)"
        }
        first = cursor == nil ? nil : link([])
        self.next = next.map { link([("cursor", $0.text)]) }
    }
}

/// A choice of a list.
struct ChoiceView {
    let value: String
    let name: String
    let isChosen: Bool
}
