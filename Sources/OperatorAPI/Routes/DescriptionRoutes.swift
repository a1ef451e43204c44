import Hummingbird
import NIOCore

/// The API's description of itself: OpenAPI, embedded as it lies beside the sources. A test compares it with the routes
/// and with what they answer.
struct DescriptionRoutes {
    /// The document.
    static let document = PackageResources.openapi_json

    func add(to router: Router<OperatorContext>) {
        let document = ByteBuffer(bytes: Self.document)
        router.addOpen("api/openapi.json") {
            Response(status: .ok, headers: [.contentType: "application/json"], body: .init(byteBuffer: document))
        }
    }
}
