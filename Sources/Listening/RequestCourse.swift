import Marketplace
package import NIOCore

/// Follows the bytes of a connection from one request to the next, in front of a decoder, and gives it pieces none of which
/// has bytes of two requests. The decoder tells when it has completed a head, and a request.
///
/// It does what the decoder does not:
///
/// - The decoder takes `RTSP/1.0` and `ICE/1.0` for HTTP, and does not say so.
/// - It makes white space behind a field's value a part of it, or refuses the field; RFC 9110 section 5.5 wants it gone.
/// - It counts names and values only: blanks in front of a value, chunk extensions and zeros in front of a chunk's size are
///   taken without bound.
///
/// It decides nothing else. Where it and the decoder see the end of a request in two places, the connection ends: that is
/// how a second request is carried past whoever judged the first.
package struct RequestCourse {
    /// How the end of a body is found.
    package enum Framing: Equatable, Sendable {
        case length(Int)
        case chunked
    }

    private enum Part: Equatable {
        /// In the request line, or in front of it.
        case line
        /// At the beginning of a field's line, or in the one that is kept.
        case fields
        /// The head was handed on; the decoder must complete it.
        case headEnd
        /// This many bytes of the body are still to come; at 0 the decoder must complete the request.
        case body(left: Int)
        case size
        /// This many bytes of a chunk and its line end are still to come.
        case chunk(left: Int)
        case trailers
    }

    /// Bytes that a decoder gets at a time: bounds how much it makes of one read.
    package static let pieceBytes = 4096
    /// What the chunks of one body may have of extensions and of zeros in front of their sizes.
    package static let maxChunkWaste = 16 << 10

    private let maxHeadBytes: Int
    private var part = Part.line
    /// Bytes of the present head, or of the trailers.
    private var headBytes = 0
    /// The last eight bytes of the request line.
    private var lineEnd: UInt64 = 0
    /// A field's line that is not complete: whether blanks at its end belong to a value is not known yet.
    private var unfinished = ByteBuffer()
    private var chunkSize = 0
    private var isExtension = false
    private var chunkWaste = 0
    private var isTrailerEmpty = true
    private var isLost = false

    /// A connection whose heads, and trailers, have at most this many bytes each.
    package init(maxHeadBytes: Int) { self.maxHeadBytes = maxHeadBytes }

    /// Whether nothing of a request has been seen since the last one.
    package var isAtRest: Bool { part == .line && headBytes == 0 }

    /// Whether the head of the present request is complete and its end is not seen yet.
    package var isInBody: Bool {
        switch part {
        case .line, .fields, .headEnd: false
        case .body, .size, .chunk, .trailers: true
        }
    }

    /// Whether the present request, whose head is complete, is of HTTP/1.0.
    package var isHTTP10: Bool { lineEnd == Self.http10 }

    /// The decoder has completed a head.
    package mutating func headDecoded(_ framing: Framing) {
        guard part == .headEnd else { return isLost = true }
        switch framing {
        case .length(let length): part = .body(left: length)
        case .chunked: part = .size
        }
    }

    /// The decoder has completed a request.
    package mutating func requestDecoded() {
        guard part == .body(left: 0) else { return isLost = true }
        part = .line
        headBytes = 0
        lineEnd = 0
        chunkWaste = 0
    }

    /// What the decoder gets next, taken from `bytes`; nil when they make no piece yet, and are kept.
    package mutating func next(_ bytes: inout ByteBuffer) throws(RequestFault) -> ByteBuffer? {
        guard !isLost else { throw .disagreement }
        switch part {
        case .line, .fields: return try head(&bytes)
        case .headEnd, .body(left: 0): throw .disagreement
        case .body(let left):
            let piece = Self.split(min(left, Self.pieceBytes), from: &bytes)
            part = .body(left: left - piece.readableBytes)
            return piece
        case .size, .chunk, .trailers:
            let count = try chunks(bytes.readableBytesUInt8Span.extracting(first: Self.pieceBytes))
            return Self.split(count, from: &bytes)
        }
    }

    /// The first bytes; all at once when they are not more: a buffer that nobody else refers to can be used again for the
    /// next read.
    private static func split(_ count: Int, from bytes: inout ByteBuffer) -> ByteBuffer {
        if bytes.readableBytes > count, let piece = bytes.readSlice(length: count) { return piece }
        defer { bytes = ByteBuffer() }
        return bytes
    }
}

// MARK: - Heads

extension RequestCourse {
    private static let http10 = word("HTTP/1.0")
    private static let http11 = word("HTTP/1.1")

    private static func word(_ text: StaticString) -> UInt64 {
        text.description.utf8.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// What is known of the lines at the beginning of some bytes.
    private struct Lines {
        /// Bytes that may be handed on.
        var length = 0
        var endsHead = false
        /// Whether white space stands behind a field.
        var hasBlanks = false
    }

    private mutating func head(_ bytes: inout ByteBuffer) throws(RequestFault) -> ByteBuffer? {
        let room = min(Self.pieceBytes, maxHeadBytes - headBytes)
        let isResumed = unfinished.readableBytes > 0
        var lines = Lines()
        var piece: ByteBuffer?
        if !isResumed {
            lines = try measure(bytes.readableBytesUInt8Span.extracting(first: room))
            headBytes += lines.length
            if lines.length > 0 { piece = Self.split(lines.length, from: &bytes) }
        }
        if piece == nil {
            let newline = bytes.readableBytesUInt8Span.extracting(first: room).firstIndex(of: UInt8(ascii: "\n"))
            let more = Self.split(newline.map { $0 + 1 } ?? room, from: &bytes)
            headBytes += more.readableBytes
            unfinished.writeImmutableBuffer(more)
            if newline != nil {
                let line = unfinished
                unfinished = ByteBuffer()
                lines = try measure(line.readableBytesUInt8Span)
                piece = line
            }
        }
        // A head that has all the bytes it may have and no end never gets one.
        guard lines.endsHead || headBytes < maxHeadBytes else { throw .headTooLarge }
        if lines.endsHead { part = .headEnd }
        return lines.hasBlanks ? piece.map(Self.withoutBlanks) : piece
    }

    /// Looks at whole lines, up to the end of the head, and at an unfinished request line: the decoder refuses a stranger's
    /// first bytes as soon as it can.
    private mutating func measure(_ bytes: Span<UInt8>) throws(RequestFault) -> Lines {
        var lines = Lines()
        while !lines.endsHead, let newline = bytes.firstIndex(of: UInt8(ascii: "\n"), from: lines.length) {
            let start = lines.length
            let hasReturn = newline > start && bytes[newline - 1] == UInt8(ascii: "\r")
            let end = hasReturn ? newline - 1 : newline
            if part == .line {
                note(bytes.extracting(start..<end))
                if lineEnd != 0 {
                    guard lineEnd == Self.http11 || lineEnd == Self.http10 else { throw .notHTTP }
                    part = .fields
                }
            } else if start == end {
                lines.endsHead = true
            } else if Self.isBlank(bytes[end - 1]), !Self.isBlank(bytes[start]) {
                // A line that begins with a blank goes on as it is: without its blanks it could end the head.
                lines.hasBlanks = true
            }
            lines.length = newline + 1
        }
        if part == .line {
            note(bytes.extracting(lines.length..<bytes.count))
            lines.length = bytes.count
        }
        return lines
    }

    /// Remembers the end of the request line.
    private mutating func note(_ bytes: Span<UInt8>) {
        for index in max(0, bytes.count - 9)..<bytes.count where bytes[index] != UInt8(ascii: "\r") {
            lineEnd = lineEnd >> 8 | UInt64(bytes[index]) << 56
        }
    }

    /// Whole lines, of which none but the request line, an empty one or one that begins with a blank ends in a blank.
    private static func withoutBlanks(_ lines: ByteBuffer) -> ByteBuffer {
        var clean = ByteBuffer()
        clean.reserveCapacity(lines.readableBytes)
        for line in lines.readableBytesView.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .dropLast()
        {
            let content = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            let isFolded = content.first.map(isBlank) ?? true
            let end =
                isFolded ? content.endIndex : (content.lastIndex { !isBlank($0) }).map { $0 + 1 } ?? content.endIndex
            clean.writeBytes(content[..<end])
            clean.writeBytes(line[content.endIndex...])
            clean.writeInteger(UInt8(ascii: "\n"))
        }
        return clean
    }
}

// MARK: - Chunks

extension RequestCourse {
    /// How many of these bytes belong to the chunks and trailers of the present body.
    private mutating func chunks(_ bytes: Span<UInt8>) throws(RequestFault) -> Int {
        var index = 0
        while index < bytes.count {
            switch part {
            case .chunk(let left):
                let step = min(left, bytes.count - index)
                part = left == step ? .size : .chunk(left: left - step)
                index += step
            case .size:
                try size(bytes[index])
                index += 1
            case .trailers:
                try trailer(bytes[index])
                index += 1
            case .line, .fields, .headEnd, .body: return index
            }
        }
        return index
    }

    private mutating func size(_ byte: UInt8) throws(RequestFault) {
        switch byte {
        case UInt8(ascii: "\r"): break
        case UInt8(ascii: "\n"):
            part = chunkSize == 0 ? .trailers : .chunk(left: chunkSize + 2)
            (chunkSize, isExtension, isTrailerEmpty, headBytes) = (0, false, true, 0)
        default:
            if !isExtension, let digit = Character(Unicode.Scalar(byte)).hexDigitValue {
                if chunkSize == 0, digit == 0 { chunkWaste += 1 }
                // What is longer is too long for any body, and the decoder counts it.
                if chunkSize < 1 << 48 { chunkSize = chunkSize << 4 | digit }
            } else {
                isExtension = true
                chunkWaste += 1
            }
            guard chunkWaste <= Self.maxChunkWaste else { throw .chunkWaste }
        }
    }

    private mutating func trailer(_ byte: UInt8) throws(RequestFault) {
        headBytes += 1
        guard headBytes < maxHeadBytes else { throw .headTooLarge }
        switch byte {
        case UInt8(ascii: "\r"): break
        case UInt8(ascii: "\n") where isTrailerEmpty: part = .body(left: 0)
        case UInt8(ascii: "\n"): isTrailerEmpty = true
        default: isTrailerEmpty = false
        }
    }
}
