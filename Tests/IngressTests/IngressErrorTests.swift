import Testing

@testable import Ingress

@Suite struct IngressErrorTests {
    @Test func `an address in use is an error that names it and the fix`() async throws {
        try await TestIngress.serve { ingress in
            await #expect(throws: IngressError.addressInUse(ingress.address.description)) {
                try await TestIngress.serve {
                    $0.configuration.port = ingress.address.port
                } _: { _ in
                }
            }
        }
        #expect(
            IngressError.addressInUse("127.0.0.1:8080").description
                == "cannot listen on 127.0.0.1:8080: address in use; choose another with --ingress-bind")
    }

    @Test func `an address of another machine is an error that names it`() async throws {
        await #expect(throws: IngressError.addressNotAvailable("192.0.2.1:0")) {
            try await TestIngress.serve {
                $0.configuration.host = "192.0.2.1"
            } _: { _ in
            }
        }
    }
}
