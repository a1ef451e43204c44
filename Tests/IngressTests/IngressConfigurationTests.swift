import Testing

@testable import Ingress

@Suite struct IngressConfigurationTests {
    @Test func `the defaults are the documented limits`() {
        let configuration = IngressConfiguration(host: "127.0.0.1", port: 8080)
        #expect(configuration.maxBodyBytes == 1_048_576)
        #expect(configuration.maxHeaderBytes == 32_768)
        #expect(configuration.maxHeaderFields == 100)
        #expect(configuration.requestDeadline == .seconds(15))
        #expect(configuration.idleTimeout == .seconds(60))
        #expect(configuration.maxConnections == 4096)
    }

    @Test func `an address is the authority of a URL`() {
        #expect(IngressAddress(host: "127.0.0.1", port: 1).description == "127.0.0.1:1")
        #expect(IngressAddress(host: "::1", port: 1).description == "[::1]:1")
    }
}
