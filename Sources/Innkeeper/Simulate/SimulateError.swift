/// Why the stand-in platform could not do what it was asked. File names and add-on keys are the developer's own; no
/// token and no key is ever in it.
enum SimulateError: Error, Hashable, Sendable {
    /// An id given on the command line is not 1 to 64 characters of `[A-Za-z0-9_-]`.
    case badID(option: String)
    /// The given address is not `http://` or `https://` and a host.
    case badURL
    /// A file cannot be read or written, in the system's words.
    case file(path: String, reason: String)
    /// There is a key pair already.
    case keysExist(path: String)
    /// No key pair where one was expected.
    case noKeys(path: String)
    /// The private key file holds something else.
    case badKeys(path: String)
    /// OpenSSL made no key or no signature.
    case signing
    /// Nothing accepts connections at this address.
    case noServer(url: String)
    /// The server does not give out the manifest.
    case noManifest(url: String, status: Int)
    /// The manifest cannot be read; `problem` says where.
    case badManifest(source: String, problem: String)
    /// The manifest declares no route for a lifecycle call.
    case noLifecycleRoute(String)
    /// The manifest has no webhook for an event; `declared` are those it has.
    case eventNotDeclared(String, declared: [String])
    /// The manifest has no webhook at all.
    case noWebhooks
    /// A file given for the settings is not a JSON array or object.
    case badSettings(path: String)
    /// A process of the demo could not be started or ended as it should not have.
    case process(command: String, problem: String)
    /// SIGINT or SIGTERM arrived.
    case interrupted
}

extension SimulateError {
    /// The exit status (contract.md section 4).
    var exitCode: Int32 {
        switch self {
        case .badID, .badURL, .eventNotDeclared, .noWebhooks, .noLifecycleRoute, .badSettings: 2
        case .noKeys: 3
        case .keysExist: 7
        case .noServer: 69
        case .badKeys, .badManifest: 78
        case .interrupted: 130
        case .file, .signing, .noManifest, .process: 1
        }
    }

    /// One line without a full stop.
    var message: String {
        switch self {
        case .badID(let option): "\(option) is not an id: 1 to 64 letters, digits, underscores and hyphens"
        case .badURL: "--url is not an address such as http://127.0.0.1:8080"
        case .file(let path, let reason): "\(path): \(reason)"
        case .keysExist(let path): "\(path) exists already and is left as it is"
        case .noKeys(let path): "\(path): no such file"
        case .badKeys(let path): "\(path) is not a private key of the stand-in platform"
        case .signing: "OpenSSL made no key or no signature"
        case .noServer(let url): "no server answers at \(url)"
        case .noManifest(let url, let status): "\(url) answered \(status) instead of the manifest"
        case .badManifest(let source, let problem): "\(source): \(problem)"
        case .noLifecycleRoute(let type): "the manifest has no lifecycle route \(type)"
        case .eventNotDeclared(let event, _): "the manifest has no webhook for \(event)"
        case .noWebhooks: "the manifest has no webhooks"
        case .badSettings(let path): "\(path) is not a JSON array or object"
        case .process(let command, let problem): "\(command): \(problem)"
        case .interrupted: "interrupted"
        }
    }

    /// What to do about it; nil when the message says enough.
    var hint: String? {
        switch self {
        case .keysExist: "name another directory, or remove both files yourself"
        case .noKeys: "make a key pair with: innkeeper simulate keys DIR, and name it with --keys DIR"
        case .noServer:
            "start one that trusts the stand-in platform: innkeeper serve --platform-keys innkeeper-simulate/platform.pem"
        case .noManifest: "with several add-ons name one with --addon KEY, or give the file with --manifest FILE"
        case .eventNotDeclared(_, let declared): "it has: " + declared.joined(separator: ", ")
        default: nil
        }
    }
}
