/// Whether the client of an exchange is still there, and who is to know when it is not.
struct ClientPresence {
    private var hasHungUp = false
    private var hangUp: (@Sendable () -> Void)?
    private var isGone = false
    private var loss: (@Sendable () -> Void)?

    /// Has `action` called once if the client ends its side before it is answered.
    mutating func onHangUp(_ action: @escaping @Sendable () -> Void) {
        if hasHungUp { action() } else { hangUp = action }
    }

    /// Has `action` called once if the answer is not sent to its end.
    mutating func onLoss(_ action: @escaping @Sendable () -> Void) {
        if isGone { action() } else { loss = action }
    }

    /// The answer is sent to its end.
    mutating func answered() { (hangUp, loss) = (nil, nil) }

    /// The client sends nothing more, and may have gone.
    mutating func hungUp() {
        hasHungUp = true
        hangUp?()
        hangUp = nil
    }

    /// The connection is closed.
    mutating func gone() {
        hungUp()
        isGone = true
        loss?()
        loss = nil
    }
}
