import Foundation
import Testing

/// How the program was linked, read from its file: what an attacker who can write somewhere in memory may not find.
@Suite struct LinkingTests {
    /// An ELF file of 64 bits, least significant byte first.
    private struct Executable {
        private let bytes: Data

        init(_ path: String) throws {
            bytes = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
            try #require(bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]))
        }

        private func number(at offset: Int, bytes count: Int) -> Int {
            bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
        }

        /// Of each program header: its type, and where in the file what it is about stands.
        var segments: [(type: Int, content: Range<Int>)] {
            let (first, size, count) = (number(at: 32, bytes: 8), number(at: 54, bytes: 2), number(at: 56, bytes: 2))
            return (0..<count).map { index in
                let header = first + index * size
                let start = number(at: header + 8, bytes: 8)
                return (number(at: header, bytes: 4), start..<start + number(at: header + 32, bytes: 8))
            }
        }

        /// The value of an entry of the dynamic section; 0 when there is none.
        func dynamic(_ tag: Int) -> Int {
            let section = segments.first { $0.type == 2 }?.content ?? 0..<0
            let entry = stride(from: section.lowerBound, to: section.upperBound, by: 16).first {
                number(at: $0, bytes: 8) == tag
            }
            return entry.map { number(at: $0 + 8, bytes: 8) } ?? 0
        }
    }

    @Test func `it can be loaded anywhere, and what the loader filled in is read only afterwards`() throws {
        let program = try Executable(try Program.path())
        let (relro, flags1, now, pie) = (0x6474_E552, 0x6FFF_FFFB, 0x1, 0x0800_0000)
        #expect(program.segments.contains { $0.type == relro })
        #expect(program.dynamic(flags1) & now != 0, "full RELRO")
        #expect(program.dynamic(flags1) & pie != 0)
    }
}
