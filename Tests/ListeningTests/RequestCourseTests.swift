import NIOCore
import Testing

@testable import Listening

@Suite struct RequestCourseTests {
    /// What the decoder would get of these bytes. It completes each head and request where one ends; `framing` is what it reads
    /// in the heads, and chunks and trailers have so many bytes.
    private func pieces(
        _ reads: [String], _ framing: RequestCourse.Framing = .length(0), chunked: Int = .max
    ) throws(RequestFault) -> [String] {
        var course = RequestCourse(maxHeadBytes: 32_768)
        var pieces: [String] = []
        var left = 0
        var isInBody = false
        for read in reads {
            var bytes = ByteBuffer(string: read)
            while bytes.readableBytes > 0 {
                guard let piece = try course.next(&bytes) else { continue }
                pieces.append(String(buffer: piece))
                if isInBody {
                    left -= piece.readableBytes
                    guard left == 0 else { continue }
                } else {
                    guard pieces.joined().hasSuffix("\r\n\r\n") else { continue }
                    course.headDecoded(framing)
                    if case .length(let length) = framing { left = length } else { left = chunked }
                    isInBody = left > 0
                    guard !isInBody else { continue }
                }
                course.requestDecoded()
                isInBody = false
            }
        }
        return pieces
    }

    private func fault(
        _ reads: [String], _ framing: RequestCourse.Framing = .length(0), chunked: Int = .max
    ) -> RequestFault? {
        do throws(RequestFault) {
            _ = try pieces(reads, framing, chunked: chunked)
            return nil
        } catch {
            return error
        }
    }

    /// The text, byte by byte and at once.
    private func cuts(_ text: String) -> [[String]] { [[text], text.unicodeScalars.map { String($0) }] }

    private let head = "POST /a HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func `no piece has bytes of two requests`() throws {
        #expect(try pieces([head + head]) == [head, head])
        #expect(try pieces([head + "ab" + head + "cd"], .length(2)) == [head, "ab", head, "cd"])
        let chunks = "2\r\nab\r\n10;x=y\r\n0\r\n\r\n45678901234\r\n0\r\nA: b\r\n0\r\n\r\n"
        let count = chunks.utf8.count
        #expect(try pieces([head + chunks + head + chunks], .chunked, chunked: count) == [head, chunks, head, chunks])
        for text in cuts(head + chunks + head + chunks) {
            #expect(try pieces(text, .chunked, chunked: count).joined() == head + chunks + head + chunks)
        }
    }

    @Test func `a long body comes in pieces`() throws {
        let body = String(repeating: "x", count: 10_000)
        #expect(try pieces([head + body], .length(10_000)).map(\.utf8.count) == [head.utf8.count, 4096, 4096, 1808])
    }

    @Test(arguments: [" ", "\t", " \t  ", String(repeating: " ", count: 5000)])
    func `white space behind a value goes, wherever the network cuts it`(blank: String) throws {
        let text = "POST /a HTTP/1.1\r\nHost: a\(blank)\r\nB: c d\(blank)\r\nE:\(blank)\r\n\r\n"
        for reads in cuts(text) + [[text + text]] {
            let clean = "POST /a HTTP/1.1\r\nHost: a\r\nB: c d\r\nE:\r\n\r\n"
            #expect(try pieces(reads).joined() == String(repeating: clean, count: reads == [text + text] ? 2 : 1))
        }
    }

    @Test(arguments: [" \r\n", "\t\r\n", " folded \r\n"])
    func `a line that begins with a blank stays: without its blanks it could end the head`(line: String) throws {
        let text = "POST /a HTTP/1.1\r\nHost: a\r\n\(line)X: y\r\n\r\n"
        for reads in cuts(text) { #expect(try pieces(reads).joined() == text) }
    }

    @Test(arguments: [
        "POST /a RTSP/1.1", "SOURCE /a ICE/1.0", "SETUP /a RTSP/1.0", "GET /a HTTP/1.2", "GET /a HTTP/2.0",
        "GET /a HTTP/0.9",
        "GET /a", "GET /a http/1.1", "GET /a HTTP/1.1 ", "GET /a HTTP/11", "nonsense",
    ])
    func `a line of another protocol or version is found, also behind a sound request`(line: String) {
        let text = "\(line)\r\nHost: a\r\n\r\n"
        for reads in cuts(text) + cuts("\r\n" + text) + cuts(head + text) { #expect(fault(reads) == .notHTTP) }
    }

    @Test func `HTTP 1.0 and 1.1 are told apart`() throws {
        for (version, isHTTP10) in [("1.0", true), ("1.1", false)] {
            var course = RequestCourse(maxHeadBytes: 1000)
            var bytes = ByteBuffer(string: "\r\nGET /a HTTP/\(version)\r\n\r\n")
            _ = try course.next(&bytes)
            #expect(course.isHTTP10 == isHTTP10)
        }
    }

    @Test(arguments: ["x", " "])
    func `a head has a bound, finished or not`(filler: String) {
        let start = "POST /a HTTP/1.1\r\nX:"
        func head(_ size: Int) -> String {
            start + String(repeating: filler, count: size - start.utf8.count - 4) + "\r\n\r\n"
        }
        #expect(fault([head(32_768)]) == nil)
        #expect(fault([head(32_769)]) == .headTooLarge)
        #expect(fault([String(head(40_000).prefix(32_768))]) == .headTooLarge)
        #expect(fault(["GET /" + String(repeating: "a", count: 32_763)]) == .headTooLarge)
        #expect(fault([self.head + "0\r\n" + head(40_000).dropFirst(18)], .chunked) == .headTooLarge)
    }

    @Test func `what surrounds the chunks of a body has a bound`() {
        let bound = RequestCourse.maxChunkWaste
        func text(_ chunk: String) -> String { head + chunk + "\r\nab\r\n0\r\n\r\n" }
        // The last chunk's size is a zero too.
        #expect(fault([text("2;" + String(repeating: "x", count: bound - 2))], .chunked) == nil)
        #expect(fault([text("2;" + String(repeating: "x", count: bound))], .chunked) == .chunkWaste)
        #expect(fault([text(String(repeating: "0", count: bound + 1) + "2")], .chunked) == .chunkWaste)
        let many = String(repeating: "1;abcdefgh\r\nx\r\n", count: 2000)
        #expect(fault([head + many], .chunked) == .chunkWaste)
        let plain = String(repeating: "1\r\nx\r\n", count: 100_000) + "0\r\n\r\n"
        let two = [head + plain + head + plain]
        #expect(fault(two, .chunked, chunked: plain.utf8.count) == nil, "the chunks that a body needs are no waste")
    }

    @Test func `where the decoder sees another end, nothing follows`() throws {
        var course = RequestCourse(maxHeadBytes: 1000)
        var bytes = ByteBuffer(string: head + "abcd")
        _ = try course.next(&bytes)
        #expect(throws: RequestFault.disagreement, "a head that is not completed") {
            var copy = course
            var rest = bytes
            _ = try copy.next(&rest)
        }
        course.headDecoded(.length(4))
        course.requestDecoded()
        #expect(throws: RequestFault.disagreement, "a request that ends before its body") { try course.next(&bytes) }
    }
}
