import FoundationEssentials
import HTTPTypes
import Hummingbird
import Installations
import NIOCore
import ServiceLifecycle

/// Answers long work with a line for each step, so that whoever waits sees it move.
///
/// The work lives as long as its request: when the client goes away or the server shuts down, it is cancelled and ends
/// after the batch under way.
enum WorkStream {
    /// Runs `work`, which yields progress, and streams its progress and its report.
    static func response<Report: Codable & Sendable>(
        _ work: @escaping @Sendable (@escaping @Sendable (KeyWorkProgress) -> Void) async throws -> Report
    ) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/x-ndjson"],
            body: ResponseBody { writer in
                // Only the newest progress counts: a slow reader must not slow the work.
                let (steps, continuation) = AsyncStream.makeStream(
                    of: KeyWorkProgress.self, bufferingPolicy: .bufferingNewest(1))
                async let outcome = outcome { () async throws -> Report in
                    defer { continuation.finish() }
                    return try await work { continuation.yield($0) }
                }
                for await step in steps {
                    if Task.isShuttingDownGracefully { throw CancellationError() }
                    try await writer.write(line(progress(step) as WorkLineJSON<Report>))
                }
                switch await outcome {
                case .success(let report): try await writer.write(line(WorkLineJSON(report: report)))
                case .failure(let failure):
                    let error = WorkLineJSON<Report>(
                        error: failure.body.error, status: Int(failure.status.code))
                    try await writer.write(line(error))
                }
                try await writer.finish(nil)
            })
    }

    private static func outcome<Report: Sendable>(
        _ work: () async throws -> Report
    ) async -> Result<Report, OperatorError> {
        do {
            return .success(try await work())
        } catch {
            return .failure(OperatorError(error))
        }
    }

    private static func progress<Report: Codable & Sendable>(_ step: KeyWorkProgress) -> WorkLineJSON<Report> {
        WorkLineJSON(progress: ProgressJSON(phase: step.phase.rawValue, done: step.done, total: step.total))
    }

    private static func line(_ value: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var buffer = ByteBuffer(bytes: try encoder.encode(value))
        buffer.writeInteger(UInt8(ascii: "\n"))
        return buffer
    }
}
