import AsyncHTTPClient
import Installations
package import Marketplace
import NIOCore
import NIOHTTP1
package import Sealing

/// Where one add-on's events are pushed, and with which secrets they are signed.
package struct PushTarget: Sendable {
    /// The add-on.
    package let addonKey: AddonKey
    /// Its name.
    package var id: TargetID { TargetID(addonKey: addonKey) }
    /// An `http` or `https` URL.
    package let url: String
    /// One secret, or two during a change: then both signatures are sent.
    package let secrets: [SigningSecret]
    /// Who its certificate may be from.
    package let authorities: Authorities

    /// A target.
    package init(
        addonKey: AddonKey, url: String, secrets: [SigningSecret], trusting authorities: Authorities = .system
    ) {
        self.addonKey = addonKey
        self.url = url
        self.secrets = secrets
        self.authorities = authorities
    }

    /// The request that delivers an event: contract.md section 3, "Delivery by push".
    func request(for event: WaitingEvent, at now: Timestamp) -> HTTPClientRequest {
        let id = event.id.text
        let signatures = secrets.map { $0.signature(id: id, timestamp: now.seconds, body: event.body) }
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = [
            "content-type": "application/json",
            "user-agent": "innkeeper",
            "webhook-id": id,
            "webhook-timestamp": String(now.seconds),
            "webhook-signature": signatures.joined(separator: " "),
            "innkeeper-event-type": event.type,
            "innkeeper-addon-key": event.owner.addonKey.text,
            "innkeeper-workspace-id": event.owner.workspaceID.text,
            "innkeeper-addon-id": event.owner.addonID.text,
            "innkeeper-installation-status": event.status.rawValue,
            "innkeeper-attempt": String(event.attempts + 1),
        ]
        request.body = .bytes(ByteBuffer(bytes: event.body))
        return request
    }
}
