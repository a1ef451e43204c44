/// Where the authorities stand whose word for a target's certificate counts.
enum AuthoritySource: Hashable, Sendable {
    /// Where the system has them.
    case system
    /// `forward.<add-on key>.ca`: this PEM file, and nothing else.
    case file(String)
    /// What `SSL_CERT_FILE` and `SSL_CERT_DIR` name, in place of the system's: a PEM file, and directories of such files
    /// under the names that `openssl rehash` gives them.
    case environment(file: String?, directories: [String])

    /// What the environment says. Either variable takes the place of all that the system has: who names one authority
    /// would not expect a hundred others beside it. An empty one says nothing.
    init(environment: [String: String], workingDirectory: String) {
        func absolute(_ path: String) -> String { Paths.absolute(path, from: workingDirectory) }
        let file = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : absolute($0) }
        let directories = (environment["SSL_CERT_DIR"] ?? "").split(separator: ":").map { absolute(String($0)) }
        self = file == nil && directories.isEmpty ? .system : .environment(file: file, directories: directories)
    }
}
