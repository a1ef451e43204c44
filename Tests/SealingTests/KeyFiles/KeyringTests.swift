import Glibc
import Testing

@testable import Sealing

@Suite struct KeyringTests {
    private let temporary: TemporaryDirectory
    private let directory: KeyDirectory

    init() throws {
        temporary = try TemporaryDirectory()
        directory = KeyDirectory(path: temporary.path)
    }

    @Test func `all key files are loaded at the start`() throws {
        let keys = [StorageKey.random(), StorageKey.random()]
        for key in keys { try directory.create(key) }
        let keyring = try Keyring(directory: directory)
        #expect(keyring.ids == keys.map(\.id).sorted { $0.description < $1.description })
        for key in keys {
            // From memory: the file is gone.
            unlink("\(directory.path)/\(key.id).key")
            #expect(try keyring.key(key.id).material.matches(key.material))
        }
    }

    @Test func `one bad key file is an error for all`() throws {
        let good = StorageKey.random()
        try directory.create(good)
        try temporary.write("garbage", to: "0123456789abcdef.key")
        #expect(throws: KeyFileError.notAKey(path: "\(directory.path)/0123456789abcdef.key", .noKey)) {
            try Keyring(directory: directory)
        }
    }

    @Test func `a key that another process added is found, and then kept`() throws {
        let keyring = try Keyring(directory: directory)
        let key = StorageKey.random()
        #expect(throws: KeyringError.unknownKey(key.id)) { try keyring.key(key.id) }
        try directory.create(key)
        #expect(try keyring.key(key.id).material.matches(key.material))
        try directory.remove(key.id)
        #expect(try keyring.key(key.id).material.matches(key.material))
        #expect(keyring.ids == [key.id])
    }

    @Test func `a key whose file is bad is an error, and other keys go on`() throws {
        let (good, id) = (StorageKey.random(), StorageKeyID(bitPattern: 0x0123_4567_89ab_cdef))
        try directory.create(good)
        let keyring = try Keyring(directory: directory)
        let late = StorageKey.random()
        try directory.create(late)
        try temporary.write(sampleFile, to: "\(id).key", mode: 0o644)
        #expect(throws: KeyringError.keyFile(.fileMode(path: "\(directory.path)/\(id).key", mode: 0o644))) {
            try keyring.key(id)
        }
        #expect(try keyring.key(good.id).material.matches(good.material))
        #expect(try keyring.key(late.id).material.matches(late.material))
        #expect(!keyring.ids.contains(id))
    }

    @Test func `an added key is on disk before it is available`() throws {
        let keyring = try Keyring(directory: directory)
        let key = StorageKey.random()
        try keyring.add(key)
        #expect(try directory.load(key.id).material.matches(key.material))
        #expect(keyring.ids == [key.id])
    }

    @Test func `a key that could not be written is not available`() throws {
        let keyring = try Keyring(directory: directory)
        chmod(directory.path, 0o755)
        let key = StorageKey.random()
        #expect(throws: KeyFileError.directoryMode(path: directory.path, mode: 0o755)) { try keyring.add(key) }
        #expect(keyring.ids == [])
        chmod(directory.path, 0o700)
        #expect(throws: KeyringError.unknownKey(key.id)) { try keyring.key(key.id) }
    }

    @Test func `a removed key is gone from disk and memory`() throws {
        let keyring = try Keyring(directory: directory)
        let key = StorageKey.random()
        try keyring.add(key)
        try keyring.remove(key.id)
        #expect(keyring.ids == [])
        #expect(throws: KeyringError.unknownKey(key.id)) { try keyring.key(key.id) }
    }

    @Test func `many threads may ask for the same new key`() async throws {
        let keyring = try Keyring(directory: directory)
        let key = StorageKey.random()
        try directory.create(key)
        let found = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<32 {
                group.addTask { (try? keyring.key(key.id))?.material.matches(key.material) ?? false }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(found == 32)
    }

    @Test func `only permitted keys open, whatever files there are`() throws {
        let (kept, retired) = (StorageKey.random(), StorageKey.random())
        for key in [kept, retired] { try directory.create(key) }
        let keyring = try Keyring(directory: directory)
        keyring.permit(only: [kept.id])
        #expect(keyring.ids == [kept.id])
        #expect(try keyring.key(kept.id).material.matches(kept.material))
        #expect(throws: KeyringError.notPermitted(retired.id)) { try keyring.key(retired.id) }
        // Its file can be looked at all the same, before it is enabled.
        try keyring.check(retired.id)
        keyring.permit(retired.id)
        #expect(try keyring.key(retired.id).material.matches(retired.material))
        keyring.forbid(retired.id)
        #expect(throws: KeyringError.notPermitted(retired.id)) { try keyring.key(retired.id) }
        #expect(keyring.ids == [kept.id])
    }

    @Test func `a key that is added is permitted, one that is removed is not`() throws {
        let keyring = try Keyring(directory: directory)
        keyring.permit(only: [])
        let key = StorageKey.random()
        try keyring.add(key)
        #expect(try keyring.key(key.id).material.matches(key.material))
        try keyring.remove(key.id)
        try directory.create(key)
        #expect(throws: KeyringError.notPermitted(key.id)) { try keyring.key(key.id) }
    }
}
