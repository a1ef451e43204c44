package import Installations
package import Webhooks

/// What becomes of an event, or of its stream. The number is that of the installation whose stream it is, the bytes are those of
/// its sealed body: an engine that counts what waits need not ask for them.
package enum EventChange: Sendable {
    /// It is delivered: its body goes.
    case deliver(EventID, of: InstallationNumber, bytes: Int, attempts: Int, wasDead: Bool, at: Timestamp)
    /// It does not wait any more, and is a dead letter.
    case bury(EventID, of: InstallationNumber, bytes: Int, attempts: Int, DeliveryFailure, at: Timestamp)
    /// An attempt failed: it waits on.
    case postpone(EventID, attempts: Int, DeliveryFailure)
    /// An attempt that is kept, before what became of it is written.
    case keep(Attempt, of: EventID)
    /// A dead letter or a retry waits anew, from its first attempt on.
    case replay(EventID, of: InstallationNumber, bytes: Int, wasDead: Bool, at: Timestamp)
    /// The body of a dead letter goes.
    case erase(EventID, of: InstallationNumber, bytes: Int)
    /// Every delivered event up to this one is gone.
    case removeDelivered(through: EventID)
    /// A dead letter is gone.
    case removeDead(EventID, of: InstallationNumber, bytes: Int)

    /// Its stream is held back, in place of an earlier hold.
    case hold(InstallationNumber, event: EventID, until: Timestamp, length: Int64)
    /// A hold lasts so long from now on.
    case changeHold(InstallationNumber, until: Timestamp, length: Int64)
    /// Nothing holds the stream back any more.
    case release(InstallationNumber)
    /// This process has done with the stream: another may push it.
    case letGo(InstallationNumber)
    /// No retry holds the stream back any more; a lease still does.
    case endRetry(InstallationNumber)
    /// No event needs the key of an ended installation any more.
    case destroyKey(InstallationNumber, at: Timestamp)
    /// The settings in the events of an ended installation are gone up to this event; nil for all.
    case settingsErased(InstallationNumber, through: EventID?)
}

extension EventChange {
    /// A hold that begins now.
    static func hold(_ stream: InstallationNumber, event: EventID, from now: Timestamp, until: Timestamp) -> EventChange
    {
        .hold(stream, event: event, until: until, length: max(0, until.milliseconds - now.milliseconds))
    }
}
