import HTTPTypes
import Listening

/// Why a request is refused before the HTTP library sees it whole.
enum RequestRefusal {
    /// What is wrong with a head that could be read; nil when nothing is.
    ///
    /// - Parameter needsHost: Whether `Host` must be there, as in each request of HTTP/1.1 (RFC 9112, section 3.2).
    static func of(_ request: HTTPRequest, _ limits: OperatorLimits, needsHost: Bool) -> OperatorError? {
        guard hasSoundHost(request, needsHost) else { return .badRequest("Host names no host") }
        if let length = request.headerFields[.contentLength].flatMap(FieldValue.length), length > limits.maxBodyBytes {
            return .http(.contentTooLarge)
        }
        return nil
    }

    /// What to answer to bytes that could not be read.
    static func of(_ error: any Error) -> OperatorError {
        switch error {
        case RequestFault.headTooLarge: .http(.requestHeaderFieldsTooLarge)
        case RequestFault.chunkWaste: .http(.contentTooLarge)
        default: .badRequest("this is not an HTTP request")
        }
    }

    private static func hasSoundHost(_ request: HTTPRequest, _ needsHost: Bool) -> Bool {
        // The first one is the authority; any other stays among the fields.
        if let name = HTTPField.Name("host"), request.headerFields[name] != nil { return false }
        return request.authority.map(FieldValue.isHost) ?? !needsHost
    }
}
