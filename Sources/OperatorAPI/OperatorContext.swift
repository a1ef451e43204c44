import Glibc
import Hummingbird
import Installations
import Logging
import Marketplace
import NIOCore

/// A request on its way through the operator API.
struct OperatorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Who asks; set by authentication and by nothing else.
    var principal: Principal?
    /// Whose session it is; set by the console's door and by nothing else.
    var visitor: ConsoleVisitor?
    /// Whether the console is reached by TLS under the name that was asked for.
    var isSecureConsole = false
    private let channel: any Channel
    /// Names the request in the log and in its answer. Made here: a client's own could repeat or forge another's.
    let requestID = RequestID().description

    /// No operator request has a large body.
    var maxUploadSize: Int { 64 * 1024 }

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// The address of the client; empty for one that has none.
    var source: String { channel.remoteAddress?.ipAddress ?? "" }

    /// The user at the other end of a socket file, as the kernel knows it; nil for a connection over the network.
    func peerUser() async -> UInt32? {
        guard channel.localAddress?.protocol == .unix, let options = channel as? any SocketOptionProvider else {
            return nil
        }
        do {
            let peer: PeerCredentials = try await options.unsafeGetSocketOption(
                level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
            ).get()
            return peer.userID
        } catch {
            return nil
        }
    }

    /// Ends the connection in the middle of an answer: whoever waits to write more of it is told.
    func cut() { channel.close(promise: nil) }

    /// Gives the client a time for each part of the answer, and not one for all of it.
    func giveTimeForEachPart() async {
        let given = channel.eventLoop.submit { [channel] in
            try channel.pipeline.syncOperations.handler(type: ConnectionBounds.self).givesTimeForEachPart = true
        }
        // The pipeline of a connection that has closed is empty, and nothing can be sent.
        try? await given.get()
    }

    /// Has `action` called once if the client ends its side of the connection before it is answered. One that only says that
    /// it sends nothing more cannot be told from one that has gone.
    func onHangUp(_ action: @escaping @Sendable () -> Void) async {
        await register(action) { $0.client.onHangUp($1) }
    }

    /// Has `action` called once if the answer is not sent to its end.
    func onLoss(_ action: @escaping @Sendable () -> Void) async {
        await register(action) { $0.client.onLoss($1) }
    }

    private func register(
        _ action: @escaping @Sendable () -> Void,
        _ add: @escaping @Sendable (ConnectionBounds, @escaping @Sendable () -> Void) -> Void
    ) async {
        let added = channel.eventLoop.submit { [channel] in
            add(try channel.pipeline.syncOperations.handler(type: ConnectionBounds.self), action)
        }
        // The pipeline of a connection that has closed is empty.
        do { try await added.get() } catch { action() }
    }

    /// Ends the connection before anything is answered on it.
    func closeSilently() async {
        try? await channel.close()  // Closed by the client already: the same.
    }
}

/// What the kernel answers to `SO_PEERCRED`: its `struct ucred`.
private struct PeerCredentials: Sendable {
    let processID: Int32
    let userID: UInt32
    let groupID: UInt32
}

/// Somebody who was authenticated, and what they may do.
struct Principal: Sendable {
    let actor: Actor
    private let key: APIKey?

    /// A client of the operator listener.
    init(_ key: APIKey) {
        actor = .apiKey(key.id)
        self.key = key
    }

    /// Somebody who can open `innkeeper.sock`: its mode lets only the server's own user.
    init(localUser: UInt32) {
        actor = .local(userID: localUser)
        key = nil
    }

    func allows(_ scope: Scope) -> Bool {
        key?.allows(scope) ?? true
    }

    /// The add-ons that there are for it; nil for all.
    var addons: Set<AddonKey>? { key?.grant.addons }

    /// Whether there is this add-on for it. What is of another one is answered as what is not there.
    func sees(_ addonKey: AddonKey) -> Bool { addons?.contains(addonKey) ?? true }

    /// Refuses whoever does not come through `innkeeper.sock`.
    func requireSocket() throws(OperatorError) {
        guard case .local = actor else { throw .localOnly }
    }
}
