import Glibc
import InMemoryLogging
import Listening
import Logging
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@Suite struct AcceptGateTests {
    /// A listening socket without a kernel: the test accepts.
    private final class Socket {
        let table = ConnectionTable()
        let server = EmbeddedChannel()
        let log = InMemoryLogHandler()
        let gaveWay = Count()
        private(set) var clients: [EmbeddedChannel] = []
        private let reads = Reads()

        init(maximum: Int) throws {
            let gate = AcceptGate(table, maximum: maximum, logger: Logger(label: "test") { [log] _ in log }) {
                [gaveWay] in gaveWay.add()
            }
            try server.pipeline.syncOperations.addHandlers([reads, gate])
            try server.connect(to: SocketAddress(unixDomainSocketPath: "/test")).wait()
        }

        /// A new connection and its place in the table.
        func accept(at moment: UInt64 = 1) throws -> (EmbeddedChannel, ConnectionTable.Place) {
            let client = EmbeddedChannel(loop: server.embeddedEventLoop)
            try client.connect(to: SocketAddress(unixDomainSocketPath: "/client")).wait()
            clients.append(client)
            server.pipeline.fireChannelRead(client as any Channel)
            let place = table.open(since: moment) { client.close(promise: nil) }
            client.closeFuture.whenComplete { [table] _ in table.leave(place) }
            return (client, place)
        }

        /// Whether a wish to accept reaches the kernel.
        var accepts: Bool {
            let before = reads.count
            server.pipeline.read()
            return reads.count > before
        }
    }

    private final class Count: Sendable {
        private let count = Atomic(0)
        var value: Int { count.load(ordering: .relaxed) }

        func add() { count.add(1, ordering: .relaxed) }
    }

    /// Counts wishes to accept.
    private final class Reads: ChannelOutboundHandler {
        typealias OutboundIn = Never
        private(set) var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }

    @Test func `at the maximum the one that waits longest gives way to the new one`() throws {
        let socket = try Socket(maximum: 2)
        let (first, _) = try socket.accept(at: 1)
        let (second, _) = try socket.accept(at: 2)
        let (third, _) = try socket.accept(at: 3)
        socket.server.embeddedEventLoop.run()
        #expect(!first.isActive)
        #expect(second.isActive && third.isActive)
        #expect(socket.accepts)
        #expect(socket.gaveWay.value == 1)
    }

    @Test func `when each is owed an answer the next ones wait and nobody is closed`() throws {
        let socket = try Socket(maximum: 2)
        for _ in 0..<2 { #expect(try socket.accept().1.begin()) }
        let (third, _) = try socket.accept(at: 5)
        #expect(!socket.accepts)
        #expect(socket.clients.count { $0.isActive } == 3)
        socket.clients[0].close(promise: nil)
        socket.server.embeddedEventLoop.run()
        #expect(socket.accepts, "an end makes room")
        #expect(third.isActive)
    }

    /// A pause of a tenth of a second for each batch let a crowd at 110 places in at 1,200 a second, and the queue in the
    /// kernel grew to seconds.
    @Test func `in a crowd every new one finds room at once, and accepting waits only for the closing`() throws {
        let socket = try Socket(maximum: 2)
        for _ in 0..<8 { _ = try socket.accept(at: NIODeadline.now().uptimeNanoseconds) }
        #expect(!socket.accepts, "as many are leaving as may hold a descriptor at once")
        socket.server.embeddedEventLoop.run()
        #expect(socket.accepts)
        #expect(socket.clients.map(\.isActive) == Array(repeating: false, count: 6) + [true, true])
        #expect(socket.gaveWay.value == 6)
    }

    @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM])
    func `out of descriptors accepting pauses, is said once, and is tried again`(number: Int32) throws {
        let socket = try Socket(maximum: 10)
        let (client, _) = try socket.accept()
        for _ in 0..<3 {
            socket.server.pipeline.fireErrorCaught(IOError(errnoCode: number, reason: "accept"))
            #expect(!socket.accepts)
            socket.server.embeddedEventLoop.advanceTime(by: .milliseconds(100))
            #expect(socket.accepts)
        }
        #expect(socket.log.entries.count == 1)
        #expect(!client.isActive, "one gives its descriptor back")
        try socket.server.throwIfErrorCaught()
    }

    @Test func `another error of the socket is its end`() throws {
        let socket = try Socket(maximum: 10)
        socket.server.pipeline.fireErrorCaught(IOError(errnoCode: ECONNABORTED, reason: "accept"))
        try socket.server.throwIfErrorCaught()
        socket.server.pipeline.fireErrorCaught(IOError(errnoCode: EBADF, reason: "accept"))
        #expect(throws: IOError.self) { try socket.server.throwIfErrorCaught() }
    }
}
