import Sealing
import Testing

/// Commands that are pasted.
@Suite struct ShellWordTests {
    @Test(arguments: [
        ("/var/lib/innkeeper", "/var/lib/innkeeper"), ("sqlite", "sqlite"), ("", "''"), ("a b", "'a b'"),
        ("postgres://ik@/ik?host=%2Ftmp&port=5599", "'postgres://ik@/ik?host=%2Ftmp&port=5599'"),
        ("it's; rm -rf $HOME", #"'it'\''s; rm -rf $HOME'"#), ("~/x", "'~/x'"), ("ü", "'ü'"),
    ])
    func `a text is one word to a shell`(text: String, word: String) { #expect(ShellWord.quote(text) == word) }
}
