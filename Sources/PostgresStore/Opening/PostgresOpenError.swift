/// Why a store over PostgreSQL cannot be opened. Each says what, where and how to mend it; none has a word of the server's, which
/// may quote what it was given.
package enum PostgresOpenError: Error, CustomStringConvertible {
    /// Nobody answers, or nobody who lets this program in.
    case unreachable(code: String)
    /// The server refused a statement.
    case refused(code: String)
    /// PostgreSQL before 15. The version as libpq tells it.
    case tooOld(version: Int32)
    /// The server does not wait for its disk; INSTALLED comes once, so nothing less will do.
    case notDurable
    /// What answers gives each transaction another connection.
    case pooled
    /// The database has no deployment.
    case noDeployment
    /// The database has one already.
    case isDeployment
    /// Another program keeps this one out.
    case inUse(Use)
    /// Steps of the schema ran on it that this program does not know, and beside which it may not run.
    case newer
    /// A program serves that does not know a step which would have to run first; its name.
    case olderBeside(String)

    /// What another program does with the deployment.
    package enum Use: Sendable {
        /// It has it to itself.
        case moved
        /// It serves it, or is a command.
        case served
    }

    package var description: String {
        switch self {
        case .unreachable(let code):
            return
                "the database does not answer (\(code)): see that it runs and lets this user in; try: psql with the same URL"
        case .refused(let code):
            return "the database refused (SQLSTATE \(code)): see its log, and what this role may do"
        case .tooOld(let version):
            return "the server is PostgreSQL \(version / 10000); innkeeper needs 15 or newer"
        case .notDurable:
            return "the server runs with fsync=off: what it says to be committed may be lost; turn it on"
        case .pooled:
            return
                "a pooler stands before the database that gives each transaction another connection: locks and prepared "
                + "statements need one that lasts; name the server itself, or pool sessions"
        case .noDeployment:
            return "the database has no innkeeper deployment; make one with: innkeeper init --store URL"
        case .isDeployment:
            return
                "the database has an innkeeper deployment already: to join it, copy its key files into keys.dir and run "
                + "innkeeper serve with the same --store"
        case .inUse(.moved): return "another innkeeper has the database to itself, to move it; wait for its end"
        case .inUse(.served): return "an innkeeper has the database open; stop every one first"
        case .newer:
            return "the database was brought up to date by a newer innkeeper; run that one"
        case .olderBeside(let name):
            return
                "an older innkeeper serves the database that cannot run beside this one: stop it on \(name), and all others of "
                + "its version, then start this one"
        }
    }

    /// Whether waiting may help.
    package var isConflict: Bool {
        switch self {
        case .inUse, .isDeployment, .olderBeside: true
        default: false
        }
    }

    /// Whether the database is the matter, and not what is in it.
    package var isUnavailable: Bool {
        switch self {
        case .unreachable, .refused: true
        default: false
        }
    }

    /// Does what may fail on the way, in words.
    static func inWords<T: ~Copyable>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let failure as LinkFailure {
            throw PostgresOpenError(failure)
        }
    }

    init(_ failure: LinkFailure) {
        switch failure {
        case .refused(let code): self = .refused(code: code)
        case .lost(let code), .unreachable(let code): self = .unreachable(code: code)
        }
    }
}
