import Glibc
import Testing

@testable import Sealing

@Suite struct KeyFileErrorTests {
    @Test func `a mode that lets others in comes with the command that mends it`() {
        #expect(
            KeyFileError.fileMode(path: "keys/0123456789abcdef.key", mode: 0o644).description
                == "keys/0123456789abcdef.key: mode 0644 lets others read or change it; "
                + "run: chmod 600 keys/0123456789abcdef.key"
        )
        #expect(
            KeyFileError.directoryMode(path: "my keys/it's", mode: 0o1755).description
                == #"my keys/it's: mode 1755 lets others in; run: chmod 700 'my keys/it'\''s'"#
        )
    }

    @Test func `every error names its file`() {
        let errors: [KeyFileError] = [
            .directoryMissing(path: "K"), .notADirectory(path: "K"), .directoryMode(path: "K", mode: 0o755),
            .directoryOwner(path: "K", owner: 1), .missing(path: "K"), .badName(path: "K"),
            .notARegularFile(path: "K"), .fileMode(path: "K", mode: 0o640), .fileOwner(path: "K", owner: 1),
            .changeable(path: "K", mode: 0o666), .notAKey(path: "K", .cutShort), .brokenLink(path: "K"),
            .linked(path: "K"), .nameMismatch(path: "K", id: .random()),
            .alreadyExists(path: "K"),
            .signingSecretMissing(path: "K"), .notASigningSecret(path: "K"),
            .system(operation: "write", path: "K", errno: ENOSPC),
        ]
        for error in errors {
            #expect(error.description.hasPrefix("K: "))
            // After the fault comes the fix.
            #expect(error.description.contains("; "))
        }
        #expect(errors.last?.description.contains("No space left on device") == true)
    }
}
