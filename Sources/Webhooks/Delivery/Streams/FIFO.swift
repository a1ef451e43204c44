/// First in, first out, without moving the rest at each removal.
struct FIFO<Element> {
    private var elements: [Element] = []
    private var head = 0

    /// How many are in it.
    var count: Int { elements.count - head }

    /// Whether none is in it.
    var isEmpty: Bool { count == 0 }

    /// The first, which stays.
    var first: Element? { head < elements.count ? elements[head] : nil }

    /// Adds the last.
    mutating func append(_ element: Element) {
        elements.append(element)
    }

    /// Removes the first.
    mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head]
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: head <= 1024)
            head = 0
        } else if head > 1024, head * 2 > elements.count {
            // Moving what is left is paid for by the removals since the last time.
            elements.removeFirst(head)
            head = 0
        }
        return element
    }
}
