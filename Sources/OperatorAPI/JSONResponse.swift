import FoundationEssentials
import HTTPTypes
import Hummingbird
import Marketplace
import NIOCore

/// JSON in and out of the operator API.
enum JSONResponse {
    /// A response with `value` as its body, members in a stable order.
    static func make(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
        guard let body = bytes(value) else { return Response(status: .internalServerError) }
        return Response(
            status: status, headers: [.contentType: "application/json"], body: .init(byteBuffer: body))
    }

    /// A value as JSON; nil for one that JSON cannot express, and the wire types have none.
    static func bytes(_ value: some Encodable) -> ByteBuffer? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return ByteBuffer(bytes: try encoder.encode(value))
        } catch {
            return nil
        }
    }
}

extension Request {
    /// Reads the body as `T`, of whose members a route may know only some; an empty body is `{}`.
    func json<T: RequestJSON>(
        _ type: T.Type, _ context: OperatorContext, knowing members: [T.CodingKeys] = Array(T.CodingKeys.allCases),
        upTo limit: Int? = nil
    ) async throws(OperatorError) -> T {
        let body = try await bytes(upTo: limit ?? context.maxUploadSize)
        let text = body.readableBytes == 0 ? [UInt8]("{}".utf8) : [UInt8](body.readableBytesView)
        do {
            // The decoder takes the first of two members of one name; whoever wrote both meant one of them.
            guard let object = try StrictJSON.parse(text.span).object else { throw Self.notNeeded }
            let known = members.map(\.stringValue)
            for (name, _) in object.members where !known.contains(name) {
                throw OperatorError.unknown("member", name, among: known)
            }
            // Nobody means it, and not every store can keep it. A webhook's body to be checked, which is read with a limit of its
            // own, is another's.
            if limit == nil, let (name, _) = object.members.first(where: { $0.1.string?.utf8.contains(0) == true }) {
                throw OperatorError.badRequest("\(name) holds U+0000")
            }
            return try JSONDecoder().decode(type, from: Data(text))
        } catch let error as OperatorError {
            throw error
        } catch {
            throw Self.notNeeded
        }
    }

    private static let notNeeded = OperatorError.badRequest("the body is not the JSON this route needs")

    /// Reads the whole body.
    func bytes(upTo limit: Int) async throws(OperatorError) -> ByteBuffer {
        var request = self
        do {
            return try await request.collectBody(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw .http(.contentTooLarge)
        } catch {
            throw .badRequest("the body ended early")
        }
    }
}
