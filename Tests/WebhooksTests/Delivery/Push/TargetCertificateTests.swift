import Foundation
import Installations
import NIOCore
import NIOPosix
import NIOSSL
import SQLiteStore
import Store
import Synchronization
import TestSupport
import Testing

@testable import Webhooks

/// Who gets an event over TLS and who does not, and what is said of the second: over real TLS.
@Suite(.timeLimit(.minutes(2))) struct TargetCertificateTests {
    private let delivery: TestDelivery
    private let authority: TestAuthority

    init() throws {
        delivery = try TestDelivery()
        authority = try TestAuthority()
    }

    /// What an event fails of at `url`, when it has failed so often.
    private func failure(
        at url: String, trusting authorities: Authorities?, attempts: Int = 1
    ) async throws -> EventDetail {
        _ = try await delivery.install("ws1")
        let event = try #require(
            try await delivery.test.store.events(matching: EventFilter(), page: PageRequest()).items.first?.id)
        var options = TestDelivery.Options()
        options.trust = try #require(authorities)
        let found = Mutex<EventDetail?>(nil)
        try await delivery.running(to: url, options) {
            let detail = try await delivery.wait(for: event) {
                $0.summary.attempts >= attempts || $0.settledAt != nil
            }
            found.withLock { $0 = detail }
        }
        return try #require(found.withLock { $0 })
    }

    private func expect(
        _ failure: TLSFailure, from tls: TestTLS?, trusting authorities: Authorities?,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await TestReceiver.serving({ _ in .status(204) }, over: tls) { receiver, url in
            let url = url.replacing("http://", with: "https://")
            let detail = try await self.failure(at: url, trusting: authorities)
            #expect(detail.summary.state == .pending, sourceLocation: sourceLocation)
            #expect(detail.lastFailure == failure.text, sourceLocation: sourceLocation)
            #expect(receiver.deliveries.isEmpty, sourceLocation: sourceLocation)
        }
    }

    @Test func `a target with a certificate of a trusted authority gets the event`() async throws {
        try await TestReceiver.serving({ _ in .status(204) }, over: try TestTLS(authority)) { receiver, url in
            let detail = try await failure(at: url, trusting: try authority.trusted)
            #expect(detail.summary.state == .delivered && receiver.deliveries.count == 1)
        }
    }

    @Test(arguments: [true, false])
    func `a certificate of an authority that is not trusted is named as that`(isSystem: Bool) async throws {
        let trusted = isSystem ? .system : try TestAuthority().trusted
        try await expect(.unknownAuthority, from: try TestTLS(authority), trusting: trusted)
    }

    @Test func `a certificate that has expired is named as that, whoever signed it`() async throws {
        let tls = try TestTLS(authority, days: -1)
        try await expect(.expired, from: tls, trusting: try authority.trusted)
    }

    @Test func `a certificate for another host is named as that`() async throws {
        try await expect(
            .otherHost, from: try TestTLS(authority, for: "127.0.0.2"), trusting: try authority.trusted)
    }

    @Test func `a target that wants to know who we are is named as that`() async throws {
        let tls = try TestTLS(authority) {
            $0.certificateVerification = .noHostnameVerification
            $0.trustRoots = .file(authority.file)
        }
        try await expect(.wantsCertificate, from: tls, trusting: try authority.trusted)
    }

    @Test func `a target that speaks only versions that are broken is named as that`() async throws {
        let tls = try TestTLS(authority) {
            $0.minimumTLSVersion = .tlsv1
            $0.maximumTLSVersion = .tlsv11
        }
        try await expect(.nothingInCommon, from: tls, trusting: try authority.trusted)
    }

    @Test func `a target that does not speak TLS is named as that`() async throws {
        try await expect(.notTLS, from: nil, trusting: .system)
    }

    @Test func `a target that hangs up in the handshake is named as that`() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(HangsUp()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let detail = try await failure(
            at: "https://127.0.0.1:\(channel.localAddress?.port ?? 0)/", trusting: .system)
        #expect(detail.lastFailure == TLSFailure.hungUp.text)
        try await channel.close()
    }

    /// Reads the first words of a handshake and closes.
    private final class HangsUp: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.close(promise: nil) }
    }

    @Test func `however often a certificate is refused, few handshakes more are made to see why`() async throws {
        try await TestReceiver.serving({ _ in .status(204) }, over: try TestTLS(authority)) { receiver, url in
            let start = ContinuousClock.now
            let detail = try await failure(at: url, trusting: .system, attempts: 6)
            // One in ten seconds, and this may take some of those on a busy machine.
            let looks = 2 + Int((ContinuousClock.now - start) / .seconds(10))
            #expect(detail.lastFailure == TLSFailure.unknownAuthority.text)
            #expect(receiver.connections <= detail.summary.attempts + looks)
        }
    }

    @Test func `no cause says what another one says`() {
        #expect(Set(TLSFailure.allCases.map(\.text)).count == TLSFailure.allCases.count)
    }

    @Test func `an authority that has expired is named when the certificate itself has not`() throws {
        func certificates(_ file: String) throws -> [NIOSSLCertificate] { try NIOSSLCertificate.fromPEMFile(file) }
        let folder = try authority.issue(for: "127.0.0.1", days: 30)
        let chain = try certificates(folder + "/cert.pem")
        func judge(_ chain: [NIOSSLCertificate], days: Int64, trusting authorities: Authorities?) throws -> TLSFailure {
            let moment = Timestamp(milliseconds: Timestamp.now().milliseconds + days * 86_400_000)
            return CertificateInspector.judge(chain, trusting: try #require(authorities), at: moment)
        }
        #expect(try judge(chain, days: 2, trusting: try authority.trusted) == .chainExpired)
        #expect(try judge(chain + (try certificates(authority.file)), days: 2, trusting: .system) == .chainExpired)
        #expect(try judge(chain, days: 2, trusting: .system) == .unknownAuthority)
        #expect(try judge(chain, days: 31, trusting: .system) == .expired)
        #expect(try judge(chain, days: -1, trusting: .system) == .notYetValid)
        #expect(try judge([], days: 0, trusting: .system) == .untrusted)
    }
}
