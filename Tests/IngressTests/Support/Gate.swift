/// Holds whoever passes until it is opened, and tells when somebody has come.
actor Gate {
    private var isOpen: Bool
    private var arrivals = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var watching: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

    init(isOpen: Bool = false) {
        self.isOpen = isOpen
    }

    /// Returns when the gate is open.
    func pass() async {
        arrivals += 1
        let count = arrivals
        for watcher in watching where watcher.count <= count { watcher.continuation.resume() }
        watching.removeAll { $0.count <= count }
        if isOpen { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    /// Returns when `count` have come.
    func arrived(_ count: Int = 1) async {
        if arrivals >= count { return }
        await withCheckedContinuation { watching.append((count, $0)) }
    }

    func close() {
        isOpen = false
    }

    func open() {
        isOpen = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}
