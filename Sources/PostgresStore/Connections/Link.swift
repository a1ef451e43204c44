import CPostgres
import Glibc

/// One connection to the server, used by one thread at a time: it sends statements together and reads their answers, in one round
/// trip whatever their number.
///
/// Neither side may wait for the other: while there is more to send, what arrives is read. So libpq never blocks, and every
/// exchange has a deadline.
@safe struct Link: ~Copyable {
    private let connection: OpaquePointer
    /// The names of the statements that are prepared, by their texts.
    private var prepared: [String: String] = [:]
    /// How many names were given.
    private var names = 0
    /// Answers that are still owed to exchanges nobody waited for, by the number of their ends.
    private var owed = 0
    /// Whether it can be used on.
    private(set) var isIntact = true
    /// Warnings since it was asked last.
    private let warnings: UnsafeMutablePointer<Int>

    /// Connects.
    ///
    /// - Parameter parameters: As libpq names them.
    init(_ parameters: [(String, String)]) throws(LinkFailure) {
        let count = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        unsafe count.initialize(to: 0)
        do throws(LinkFailure) {
            unsafe connection = try Self.connect(parameters, counting: count)
        } catch {
            unsafe count.deallocate()
            throw error
        }
        unsafe warnings = count
    }

    deinit {
        unsafe PQfinish(connection)
        unsafe warnings.deallocate()
    }

    /// A connection in pipeline mode. What a server says beside its answers is counted and never printed: it may quote a row.
    private static func connect(
        _ parameters: [(String, String)], counting warnings: UnsafeMutablePointer<Int>
    ) throws(LinkFailure) -> OpaquePointer {
        guard let connection = unsafe connect(parameters) else { throw .unreachable(code: "memory") }
        guard unsafe PQstatus(connection) == CONNECTION_OK, unsafe PQsetnonblocking(connection, 1) == 0,
            unsafe PQenterPipelineMode(connection) == 1
        else {
            unsafe PQfinish(connection)
            throw .unreachable(code: "connect")
        }
        unsafe PQsetNoticeReceiver(
            connection,
            { count, result in
                guard let severity = unsafe PQresultErrorField(result, Int32(UInt8(ascii: "V"))) else { return }
                if unsafe strcmp(severity, "WARNING") == 0 {
                    unsafe count?.assumingMemoryBound(to: Int.self).pointee += 1
                }
            }, warnings)
        return unsafe connection
    }

    private static func connect(_ parameters: [(String, String)]) -> OpaquePointer? {
        var names = unsafe parameters.map { unsafe UnsafePointer<CChar>?(strdup($0.0)) } + [nil]
        var values = unsafe parameters.map { unsafe UnsafePointer<CChar>?(strdup($0.1)) } + [nil]
        defer {
            unsafe (names + values).forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) }
        }
        // The first may be a URL, which libpq takes apart.
        return unsafe PQconnectdbParams(&names, &values, 1)
    }

    /// The server's version, such as 150004.
    var version: Int32 { unsafe PQserverVersion(connection) }

    /// The process of the server that answers.
    var processID: Int32 { unsafe PQbackendPID(connection) }

    /// Sends statements together and reads what each answered.
    ///
    /// - Parameter seconds: How long the answer may take.
    /// - Throws: `.refused` by the first statement that was; those behind it were not looked at. Then the link waits for a
    ///   rollback, if it was in a transaction.
    mutating func exchange(_ queries: [Query], within seconds: Int) throws(LinkFailure) -> [ResultRows] {
        let deadline = Deadline(seconds: seconds)
        var preparing: [String?] = []
        for query in queries { preparing.append(try send(query)) }
        guard unsafe PQpipelineSync(connection) == 1 else { throw lost("sync") }
        owed += 1
        try flush(deadline)
        while owed > 1 { try drain(deadline) }
        return try answers(preparing, deadline)
    }

    /// Sends statements whose answers nobody waits for: the next exchange passes over them.
    mutating func post(_ queries: [Query]) throws(LinkFailure) {
        for query in queries { _ = try send(query) }
        guard unsafe PQpipelineSync(connection) == 1 else { throw lost("sync") }
        owed += 1
        try flush(Deadline(seconds: 5))
    }

    /// How many warnings there were since this was asked last.
    func takeWarnings() -> Int {
        defer { unsafe warnings.pointee = 0 }
        return unsafe warnings.pointee
    }

    // MARK: Sending

    /// Queues a statement. Returns its text when it has to be prepared first.
    private mutating func send(_ query: Query) throws(LinkFailure) -> String? {
        let known = prepared[query.text]
        let name = known ?? "s\(names)"
        if known == nil {
            names += 1
            let types = query.arguments.types
            guard unsafe PQsendPrepare(connection, name, query.text, Int32(types.count), types) == 1 else {
                throw lost("prepare")
            }
            prepared[query.text] = name
        }
        guard execute(name, query.arguments) else { throw lost("send") }
        return known == nil ? query.text : nil
    }

    private func execute(_ name: String, _ arguments: Arguments) -> Bool {
        let count = arguments.ranges.count
        return unsafe arguments.bytes.withUnsafeBytes { buffer in
            // A value of no bytes has an address as well: none would be NULL.
            return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1) { empty in
                let base = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
                let start = unsafe base ?? UnsafePointer(empty.baseAddress)
                let values = unsafe zip(arguments.ranges, arguments.areNull).map { range, isNull in
                    unsafe isNull ? nil : start.map { unsafe $0 + range.lowerBound }
                }
                let lengths = arguments.ranges.map { Int32($0.count) }
                let formats = [Int32](repeating: 1, count: count)
                return unsafe PQsendQueryPrepared(connection, name, Int32(count), values, lengths, formats, 1) == 1
            }
        }
    }

    private mutating func flush(_ deadline: Deadline) throws(LinkFailure) {
        while true {
            switch unsafe PQflush(connection) {
            case 0: return
            case 1:
                let events = try wait(for: POLLIN | POLLOUT, deadline)
                if events & POLLIN != 0, unsafe PQconsumeInput(connection) != 1 { throw lost("receive") }
            default: throw lost("send")
            }
        }
    }

    // MARK: Receiving

    private mutating func next(_ deadline: Deadline) throws(LinkFailure) -> OpaquePointer? {
        while unsafe PQisBusy(connection) == 1 {
            _ = try wait(for: POLLIN, deadline)
            guard unsafe PQconsumeInput(connection) == 1 else { throw lost("receive") }
        }
        return unsafe PQgetResult(connection)
    }

    /// Reads the answers to statements, each of which is preceded by that to its preparation if it has one.
    private mutating func answers(
        _ preparing: [String?], _ deadline: Deadline
    ) throws(LinkFailure) -> [ResultRows] {
        var (rows, failure): ([ResultRows], LinkFailure?) = ([], nil)
        rows.reserveCapacity(preparing.count)
        for text in preparing {
            if let text, try answer(deadline).code != nil { prepared[text] = nil }
            let answer = try answer(deadline)
            if let found = answer.rows { rows.append(found) }
            // The first is the cause; those behind it were passed over.
            if failure == nil, let code = answer.code { failure = .refused(code: code) }
        }
        try drain(deadline)
        if let failure { throw failure }
        return rows
    }

    /// Reads the answer to one statement.
    private mutating func answer(_ deadline: Deadline) throws(LinkFailure) -> (rows: ResultRows?, code: String?) {
        var (rows, code): (ResultRows?, String?) = (nil, nil)
        while let result = unsafe try next(deadline) {
            switch unsafe PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK: rows = unsafe ResultRows(result)
            case PGRES_PIPELINE_ABORTED:
                code = code ?? "aborted"
                unsafe PQclear(result)
            default:
                code = unsafe PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { unsafe String(cString: $0) }
                unsafe PQclear(result)
                // A link that breaks says so without a code; a server that ends it, in class 57P or 08.
                guard let code, !code.hasPrefix("57P"), !code.hasPrefix("08") else { throw lost(code ?? "broken") }
            }
        }
        return (rows, code)
    }

    /// Reads on to the end of an exchange.
    private mutating func drain(_ deadline: Deadline) throws(LinkFailure) {
        var wasNothing = false
        while true {
            guard let result = unsafe try next(deadline) else {
                // Between two answers there is nothing, once; more of it has no end.
                guard !wasNothing, unsafe PQstatus(connection) == CONNECTION_OK else { throw lost("broken") }
                wasNothing = true
                continue
            }
            wasNothing = false
            let status = unsafe PQresultStatus(result)
            unsafe PQclear(result)
            if status == PGRES_PIPELINE_SYNC { return owed -= 1 }
        }
    }

    // MARK: Waiting

    private mutating func wait(for events: Int32, _ deadline: Deadline) throws(LinkFailure) -> Int32 {
        while true {
            var descriptor = pollfd(fd: unsafe PQsocket(connection), events: Int16(events), revents: 0)
            let ready = unsafe poll(&descriptor, 1, deadline.milliseconds)
            if ready > 0 { return Int32(descriptor.revents) }
            if ready == 0 { throw lost("timeout") }
            guard errno == EINTR else { throw lost("poll") }
        }
    }

    /// From now on it cannot be used any more.
    private mutating func lost(_ code: String) -> LinkFailure {
        isIntact = false
        return .lost(code: code)
    }
}

/// A moment by the clock that nobody sets.
private struct Deadline {
    private let moment: ContinuousClock.Instant

    init(seconds: Int) { moment = .now + .seconds(seconds) }

    /// What is left, for `poll`.
    var milliseconds: Int32 {
        let left = (moment - .now) / .milliseconds(1)
        return Int32(max(0, min(left, 3_600_000)))
    }
}
