import ArgumentParser
import Dispatch
import FoundationEssentials
import Logging

/// `serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run both listeners until SIGTERM or SIGINT.",
        discussion: """
            Prints one line to standard output when both listeners accept; logs go to
            standard error. At the end the requests under way are finished, what is missing
            of one has five seconds to come, and everything accepted is safe.

            Every setting is also an environment variable (--ingress-bind is
            INNKEEPER_INGRESS_BIND) and a name in innkeeper.json ("ingress": {"bind": …});
            a flag wins over the environment, the environment over the file.

            Targets over https are checked against the system's authorities, or those of
            SSL_CERT_FILE and SSL_CERT_DIR; "forward": {KEY: {"ca": FILE}} names a target's
            own. HTTP_PROXY, HTTPS_PROXY and NO_PROXY are ignored.

            Examples:
              innkeeper serve
              innkeeper serve --ingress-bind 0.0.0.0:8080 --log-format json
              innkeeper serve --platform-keys innkeeper-simulate/platform.pem
            """)

    @OptionGroup var directory: DirectoryOption
    @OptionGroup(title: "Settings") var flags: SettingFlags
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try EnvironmentNames.check(ProcessInfo.processInfo.environment.keys)
        let settings = try Settings.load(directory, flags)
        let logger = LogOutput.logger(level: settings.logLevel, format: settings.logFormat)
        let system = try await Bootstrap.open(settings, logger: logger)
        try await system.serve { ingress, operators in
            // A thread of its own: whoever started the server may not read, and no task is to wait for that.
            DispatchQueue(label: "ready").async {
                do {
                    try StandardStream.output.writeLine("innkeeper ready ingress=\(ingress) operator=\(operators)")
                } catch {
                    // Whoever started the server may have closed its output; that is no reason to stop serving.
                    logger.notice("the ready line could not be written")
                }
            }
        }
    }
}
