import Glibc
import Testing

@testable import Sealing

@Suite struct KeyDirectoryTests {
    private let temporary: TemporaryDirectory
    private let directory: KeyDirectory
    private let id = StorageKeyID(bitPattern: 0x0123_4567_89ab_cdef)
    private let name = "0123456789abcdef.key"
    private var file: String { "\(directory.path)/\(name)" }

    init() throws {
        temporary = try TemporaryDirectory()
        directory = KeyDirectory(path: temporary.path)
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    /// Every way of reading the file refuses it with the same error.
    private func expectRefusal(_ error: KeyFileError, _ location: SourceLocation = #_sourceLocation) {
        #expect(throws: error, sourceLocation: location) { try directory.load(id) }
        #expect(throws: error, sourceLocation: location) { try directory.loadAll() }
        #expect(throws: error, sourceLocation: location) { try Keyring(directory: directory) }
    }

    // MARK: Making and reading

    @Test func `a key that was created is loaded again`() throws {
        let keys = (0..<3).map { _ in StorageKey.random() }
        for key in keys { try directory.create(key) }
        #expect(try directory.ids() == keys.map(\.id).sorted { $0.description < $1.description })
        for key in keys { #expect(try directory.load(key.id).material.matches(key.material)) }
        #expect(try directory.loadAll().map(\.id) == directory.ids())
    }

    @Test func `a key file has mode 0600 and nothing else is left in the directory`() throws {
        let key = StorageKey.random()
        try directory.create(key)
        #expect(try temporary.names == ["\(key.id).key"])
        #expect(mode("\(directory.path)/\(key.id).key") == 0o600)
    }

    @Test func `an existing key file is never overwritten`() throws {
        try temporary.write(sampleFile, to: name)
        #expect(throws: KeyFileError.alreadyExists(path: file)) {
            try directory.create(StorageKey(id: id, material: .random()))
        }
        #expect(try temporary.read(name) == sampleFile)
        #expect(try temporary.names == [name])
    }

    @Test func `a link in place of a new key file does not redirect it`() throws {
        for planted in [name, KeyDirectory.hiddenName(id)] {
            symlink("\(directory.path)/elsewhere", "\(directory.path)/\(planted)")
            #expect(throws: KeyFileError.alreadyExists(path: "\(directory.path)/\(planted)")) {
                try directory.create(StorageKey(id: id, material: .random()))
            }
            unlink("\(directory.path)/\(planted)")
            #expect(try temporary.names == [])
        }
    }

    @Test func `of several threads that create the same key one succeeds`() async throws {
        let key = StorageKey.random()
        let outcomes = await withTaskGroup(of: String.self) { group in
            for _ in 0..<16 {
                group.addTask { [directory] in
                    do throws(KeyFileError) {
                        try directory.create(key)
                        return "created"
                    } catch .alreadyExists {
                        return "exists"
                    } catch {
                        return error.description
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.sorted() == ["created"] + Array(repeating: "exists", count: 15))
        #expect(try directory.load(key.id).material.matches(key.material))
        #expect(try temporary.names == ["\(key.id).key"])
    }

    @Test func `what a crash while creating leaves behind is no key and goes with the key`() throws {
        let hidden = KeyDirectory.hiddenName(id)
        try temporary.write(String(sampleFile.prefix(50)), to: hidden)
        #expect(try directory.ids() == [])
        #expect(try directory.loadAll().isEmpty)
        #expect(throws: KeyFileError.missing(path: file)) { try directory.load(id) }
        try temporary.write(sampleFile, to: name)
        try temporary.write(sampleFile, to: hidden)
        try directory.remove(id)
        #expect(try temporary.names == [])
    }

    @Test func `a removed key is gone`() throws {
        try temporary.write(sampleFile, to: name)
        _ = try directory.load(id)
        try directory.remove(id)
        #expect(try temporary.names == [])
        #expect(throws: KeyFileError.missing(path: file)) { try directory.load(id) }
        #expect(throws: KeyFileError.missing(path: file)) { try directory.remove(id) }
    }

    @Test func `other files in the directory are left alone`() throws {
        try temporary.write("notes", to: "README", mode: 0o644)
        try temporary.write("swap", to: ".hidden.key")
        #expect(try directory.ids() == [])
        #expect(try directory.loadAll().isEmpty)
    }

    // MARK: Refusals

    @Test(arguments: [0o644, 0o640, 0o660, 0o604, 0o601, 0o610, 0o620, 0o602, 0o777] as [mode_t])
    func `a file that others can read or change is refused`(mode: mode_t) throws {
        try temporary.write(sampleFile, to: name, mode: mode)
        expectRefusal(.fileMode(path: file, mode: mode))
    }

    @Test(arguments: [0o600, 0o400] as [mode_t])
    func `a file that only its owner can read is accepted`(mode: mode_t) throws {
        try temporary.write(sampleFile, to: name, mode: mode)
        #expect(try directory.load(id).material.matches(countingKey))
    }

    @Test(arguments: [0o755, 0o750, 0o705, 0o770, 0o701, 0o777] as [mode_t])
    func `a directory that others can enter is refused`(mode: mode_t) throws {
        try temporary.write(sampleFile, to: name)
        chmod(directory.path, mode)
        let error = KeyFileError.directoryMode(path: directory.path, mode: mode)
        expectRefusal(error)
        #expect(throws: error) { try directory.ids() }
        #expect(throws: error) { try directory.create(.random()) }
        #expect(throws: error) { try directory.remove(id) }
        #expect(throws: error) { try directory.ensureDirectory() }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
    func `a file of another user is refused`() throws {
        try temporary.write(sampleFile, to: name)
        chown(file, 12345, 12345)
        expectRefusal(.fileOwner(path: file, owner: 12345))
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a directory away"))
    func `a directory of another user is refused`() throws {
        try temporary.write(sampleFile, to: name)
        chown(directory.path, 12345, 12345)
        expectRefusal(.directoryOwner(path: directory.path, owner: 12345))
    }

    @Test func `a symbolic link, as a mounted secret is, is judged by the file it leads to`() throws {
        let elsewhere = try TemporaryDirectory()
        symlink("\(elsewhere.path)/\(name)", file)
        expectRefusal(.brokenLink(path: file))
        try elsewhere.write(sampleFile, to: name)
        #expect(try directory.load(id).material.matches(countingKey))
        chmod("\(elsewhere.path)/\(name)", 0o640)
        expectRefusal(.fileMode(path: file, mode: 0o640))
    }

    @Test func `a link is not deleted for the key it leads to`() throws {
        let elsewhere = try TemporaryDirectory()
        try elsewhere.write(sampleFile, to: name)
        symlink("\(elsewhere.path)/\(name)", file)
        #expect(throws: KeyFileError.linked(path: file)) { try directory.remove(id) }
        #expect(try directory.load(id).material.matches(countingKey))
    }

    @Test func `a directory in place of a key file is refused`() throws {
        mkdir(file, 0o700)
        expectRefusal(.notARegularFile(path: file))
    }

    @Test(.timeLimit(.minutes(1)))
    func `a pipe in place of a key file is refused without waiting for a writer`() throws {
        mkfifo(file, 0o600)
        expectRefusal(.notARegularFile(path: file))
    }

    @Test(
        arguments: [
            ("", .empty), ("garbage", .noKey), (String(repeating: "x", count: 100_000), .tooLong),
            (String(sampleFile.dropLast(30)), .cutShort),
            (sampleFile + String(repeating: "#", count: 10_000), .tooLong),
            (String(repeating: "#\n", count: 3000) + sampleFile, .tooLong),
        ] as [(String, KeyFileProblem)])
    func `a file that is not a whole key and nothing else is refused, however long`(
        content: String, problem: KeyFileProblem
    ) throws {
        try temporary.write(content, to: name)
        expectRefusal(.notAKey(path: file, problem))
    }

    @Test func `a file whose name is not the id inside is refused`() throws {
        let other = StorageKeyID(bitPattern: 1)
        try temporary.write(sampleFile, to: "\(other).key")
        let error = KeyFileError.nameMismatch(path: "\(directory.path)/\(other).key", id: id)
        #expect(throws: error) { try directory.load(other) }
        #expect(throws: error) { try directory.loadAll() }
    }

    @Test(arguments: ["backup.key", "0123456789ABCDEF.key", "0123456789abcdef0.key"])
    func `a key file whose name is no id is refused`(name: String) throws {
        try temporary.write(sampleFile, to: name)
        let error = KeyFileError.badName(path: "\(directory.path)/\(name)")
        #expect(throws: error) { try directory.ids() }
        #expect(throws: error) { try directory.loadAll() }
    }

    @Test func `no error shows what a file holds`() throws {
        try temporary.write(sampleFile.replacing("key-1", with: "key-2"), to: name)
        do throws(KeyFileError) {
            _ = try directory.load(id)
            Issue.record("it was accepted")
        } catch {
            #expect(!"\(error) \(String(reflecting: error))".contains("0001020304"))
        }
    }

    // MARK: The directory itself

    @Test func `a missing directory is reported and can be made with mode 0700`() throws {
        let path = "\(temporary.path)/keys"
        let keys = KeyDirectory(path: path + "/")
        #expect(throws: KeyFileError.directoryMissing(path: path)) { try keys.ids() }
        try keys.ensureDirectory()
        #expect(mode(path) == 0o700)
        try keys.ensureDirectory()
        #expect(try keys.ids() == [])
    }

    @Test func `a file in place of the directory is refused`() throws {
        try temporary.write("", to: "keys")
        let path = "\(temporary.path)/keys"
        #expect(throws: KeyFileError.notADirectory(path: path)) { try KeyDirectory(path: path).ids() }
        #expect(throws: KeyFileError.notADirectory(path: path)) { try KeyDirectory(path: path).ensureDirectory() }
    }
}
