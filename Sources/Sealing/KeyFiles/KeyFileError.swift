import Glibc

/// Why a key file or the key directory was refused. Safe to print: it holds paths, modes, ids and system errors, never
/// what a file holds. The description names the file and the fix.
package enum KeyFileError: Error, Equatable {
    /// The key directory does not exist.
    case directoryMissing(path: String)
    /// The key directory's path is something else.
    case notADirectory(path: String)
    /// Others than the owner may look into the key directory or change it.
    case directoryMode(path: String, mode: UInt32)
    /// The key directory belongs to another user.
    case directoryOwner(path: String, owner: UInt32)
    /// The directory has no file for the key that was asked for.
    case missing(path: String)
    /// A file that ends in `.key` has a name that is no key id.
    case badName(path: String)
    /// A symbolic link, a directory, a pipe or a device in place of a key file.
    case notARegularFile(path: String)
    /// Others than the owner may read or write the file.
    case fileMode(path: String, mode: UInt32)
    /// The file belongs to another user.
    case fileOwner(path: String, owner: UInt32)
    /// Others than the owner may change a file or directory that is trusted.
    case changeable(path: String, mode: UInt32)
    /// The content is not one whole storage key.
    case notAKey(path: String, KeyFileProblem)
    /// A symbolic link in place of a key file that leads nowhere.
    case brokenLink(path: String)
    /// A key file that is to be deleted is a symbolic link: the key would stay where the link leads.
    case linked(path: String)
    /// There is no file with the signing secret of an add-on's deliveries.
    case signingSecretMissing(path: String)
    /// The content is not one or two signing secrets.
    case notASigningSecret(path: String)
    /// The file holds a key with another id than its name says.
    case nameMismatch(path: String, id: StorageKeyID)
    /// A file for this key is there already; it is never overwritten.
    case alreadyExists(path: String)
    /// The system refused an operation.
    case system(operation: String, path: String, errno: Int32)
}

extension KeyFileError: CustomStringConvertible {
    /// One line: the file, what is wrong, the fix.
    package var description: String {
        switch self {
        case .directoryMissing(let path):
            "\(path): no such key directory; put it back or mount it, or name it with keys.dir"
        case .notADirectory(let path):
            "\(path): not a directory; set keys.dir to the directory that holds the key files"
        case .directoryMode(let path, let mode):
            "\(path): mode \(octal(mode)) lets others in; run: chmod 700 \(ShellWord.quote(path))"
        case .directoryOwner(let path, let owner):
            "\(path): belongs to user \(owner); run: chown \(geteuid()) \(ShellWord.quote(path))"
        case .missing(let path):
            "\(path): no such key file; put it back from your copy"
        case .badName(let path):
            "\(path): the name is not a key id; rename it to the id it holds, or move it out of the key directory"
        case .notARegularFile(let path):
            "\(path): not a regular file; replace it by the key file itself"
        case .fileMode(let path, let mode):
            "\(path): mode \(octal(mode)) lets others read or change it; run: chmod 600 \(ShellWord.quote(path))"
        case .fileOwner(let path, let owner):
            "\(path): belongs to user \(owner); run: chown \(geteuid()) \(ShellWord.quote(path))"
        case .changeable(let path, let mode):
            "\(path): mode \(octal(mode)) lets others change it; run: chmod go-w \(ShellWord.quote(path))"
        case .notAKey(let path, let problem):
            "\(path): \(problem.text)"
        case .brokenLink(let path):
            "\(path): a link that leads nowhere; mount or put back what it leads to"
        case .linked(let path):
            "\(path): a link, so deleting it would leave the key where it leads; delete that file and the link yourself"
        case .signingSecretMissing(let path):
            "\(path): no such file; put its copy back, or write a new signing secret into it: whsec_ and the base64 of 24 to 64 random bytes"
        case .notASigningSecret(let path):
            "\(path): not one or two signing secrets; write: whsec_ and the base64 of 24 to 64 random bytes"
        case .nameMismatch(let path, let id):
            "\(path): holds storage key \(id); rename it to \(id).key"
        case .alreadyExists(let path):
            "\(path): exists already and is never overwritten; move it away if no store uses it"
        case .system(let operation, let path, let errno):
            "\(path): \(operation) failed: \(reason(errno)); check the file system and its permissions"
        }
    }
}

/// As `chmod` writes it.
private func octal(_ mode: UInt32) -> String {
    let digits = String(mode & 0o7777, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}

/// The system's words for an error number. Safe on any thread since glibc 2.32.
private func reason(_ errno: Int32) -> String {
    guard let text = unsafe strerror(errno) else { return "error \(errno)" }
    return unsafe String(cString: text)
}
