/// The demo's server: this executable's own `serve`, in a process of its own.
struct DemoServer: Sendable {
    /// The public listener's address.
    let address: ServerAddress
    private let process: ChildProcess

    /// Makes the data directory and starts a server on free ports. Returns when both listeners accept.
    ///
    /// - Parameter backend: Where the add-on's events are delivered.
    static func start(
        on stage: DemoStage, deliveringTo backend: String
    ) async throws(SimulateError) -> DemoServer {
        // The first API key is in the output, so it is captured and dropped.
        _ = try await output(of: ["init", "--addon", stage.manifestFile, "-o", "json"], on: stage)
        try stage.forward(to: backend)
        let process = try ChildProcess(
            [
                "serve", "--ingress-bind", "127.0.0.1:0", "--operator-bind", "127.0.0.1:0",
                "--platform-keys", stage.keys.publicPath, "--log-format", "text",
            ], environment: stage.environment, log: stage.logFile)
        let force = process.killer(after: .seconds(60))
        defer { force.cancel() }
        var text = ""
        for await piece in process.output {
            text += String(decoding: piece, as: UTF8.self)
            guard text.contains("\n") else { continue }
            if let url = ingress(in: text) {
                return DemoServer(address: try ServerAddress(url), process: process)
            }
        }
        _ = await process.terminate()
        if Task.isCancelled { throw .interrupted }
        throw .process(command: "innkeeper serve", problem: "ended before it was ready")
    }

    /// Stops the server as an operator would. Returns its exit status.
    func stop() async -> Int32 { await process.terminate() }

    /// What a command of this executable prints; its notes go to the log. Throws unless it succeeds.
    static func output(of arguments: [String], on stage: DemoStage) async throws(SimulateError) -> String {
        let process = try ChildProcess(arguments, environment: stage.environment, log: stage.logFile)
        let force = process.killer(after: .seconds(120))
        defer { force.cancel() }
        var bytes: [UInt8] = []
        for await piece in process.output { bytes += piece }
        if Task.isCancelled {
            _ = await process.terminate()
            throw .interrupted
        }
        let status = await process.status()
        guard status == 0 else {
            throw .process(command: ChildProcess.name(arguments), problem: "ended with status \(status)")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The public listener's address in the line that `serve` prints when it is ready (contract.md section 1).
    static func ingress(in text: String) -> String? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("innkeeper ready ") }) else {
            return nil
        }
        return line.split(separator: " ").first { $0.hasPrefix("ingress=") }.map { String($0.dropFirst(8)) }
    }
}
