import PostgresStore

/// Where everything is kept.
enum StoreChoice: Sendable {
    /// A file in the data directory.
    case sqlite
    /// A database of a server, with the URL as it was given: it may hold a password.
    case postgres(StoreAddress, url: String)
}
