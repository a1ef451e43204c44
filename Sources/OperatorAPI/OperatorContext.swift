import Hummingbird
import Installations
import Logging
import NIOCore

/// A request on its way through the operator API.
struct OperatorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Who asks; set by authentication and by nothing else.
    var principal: Principal?
    private let channel: any Channel
    /// Names the request in the log and in its answer. Made here: a client's own could repeat or forge another's.
    let requestID = RequestID().description

    /// No operator request has a large body.
    var maxUploadSize: Int { 64 * 1024 }

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Ends the connection before anything is answered on it.
    func closeSilently() async {
        try? await channel.close()  // Closed by the client already: the same.
    }
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
}

extension OperatorContext {
    /// The one who asks, when they may do what `scope` stands for.
    func require(_ scope: Scope) throws(OperatorError) -> Actor {
        guard let principal else { throw .unauthorized }
        guard principal.allows(scope) else { throw .forbidden(scope) }
        return principal.actor
    }

    /// The one who asks, when they come through `innkeeper.sock`: for what touches this machine's files.
    func requireLocal() throws(OperatorError) -> Actor {
        guard let principal else { throw .unauthorized }
        guard case .local = principal.actor else { throw .localOnly }
        return principal.actor
    }
}
