import Glibc
package import NIOCore

/// What the kernel keeps of answers that a client does not take.
///
/// Left alone it keeps megabytes for each connection, so that nobody here learns whether anybody reads, and still keeps them
/// when the connection was closed: until the client takes them, or for minutes.
package enum UnsentBytes {
    /// Bounds it, in bytes; the kernel counts its own bookkeeping among them, and so takes twice the number. Less than a few of the
    /// largest segments, 64 KiB each on one machine, would make each wait for an acknowledgement that is delayed.
    package static func bound(_ bytes: Int32, on channel: any Channel) throws {
        try channel.syncOptions?.setOption(.socketOption(.so_sndbuf), value: .init(bytes))
    }

    /// Drops it when the connection closes: for a client that has had its time.
    package static func drop(of channel: any Channel) {
        // It fails for a connection that is closed already.
        (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
    }
}
