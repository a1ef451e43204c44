import PostgresStore

/// Where everything is kept.
enum StoreChoice: Sendable {
    /// A file in the data directory.
    case sqlite
    /// A database of a server, with the URL as it was given: it may hold a password.
    case postgres(StoreAddress, url: String)

    /// What a setting or a flag says. A mistyped URL may hold a password, so the value is never shown.
    init(_ text: String, from source: SettingSource) throws(SettingsError) {
        guard text != "sqlite" else {
            self = .sqlite
            return
        }
        // Everybody on the machine reads the arguments of a process.
        if case .flag(let flag) = source, StoreAddress.meansPassword(text) { throw .passwordInFlag(flag) }
        guard let address = StoreAddress(url: text) else {
            throw .badValue(
                SettingKey.store.rawValue, source, shown: nil,
                expected: "sqlite, or postgres://USER@HOST/DATABASE with an escape (%2F) for what is no part of it")
        }
        if address.hasPassword, case .flag(let flag) = source { throw .passwordInFlag(flag) }
        self = .postgres(address, url: text)
    }

    /// Whether both are the same one, as far as their names tell.
    func isSame(as other: StoreChoice) -> Bool {
        switch (self, other) {
        case (.sqlite, .sqlite): true
        case (.postgres(let one, _), .postgres(let other, _)): one.isSame(as: other)
        default: false
        }
    }

    /// As a flag or a setting names it, without a password.
    var name: String {
        switch self {
        case .sqlite: "sqlite"
        case .postgres(let address, _): address.plainURL
        }
    }
}
