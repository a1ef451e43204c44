import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// JSON in and out of the operator API.
enum JSONResponse {
    /// A response with `value` as its body, members in a stable order.
    static func make(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let body = try encoder.encode(value)
            return Response(
                status: status, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: body)))
        } catch {
            // Only a value that JSON cannot express gets here; the wire types have none.
            return Response(status: .internalServerError)
        }
    }
}

extension Request {
    /// Reads the body as `T`; an empty body is `{}`.
    func json<T: Decodable>(_ type: T.Type, _ context: OperatorContext) async throws -> T {
        var request = self
        let body = try await request.collectBody(upTo: context.maxUploadSize)
        do {
            return try JSONDecoder().decode(
                type, from: body.readableBytes == 0 ? Data("{}".utf8) : Data(body.readableBytesView))
        } catch {
            throw OperatorError.badRequest("the body is not the JSON this route needs")
        }
    }
}
