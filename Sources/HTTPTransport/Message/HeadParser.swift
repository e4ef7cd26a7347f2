#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A message that breaks the rules or a bound, with the status that a server answers.
struct HTTPParseError: Error, Equatable {
    var status: Int
    var reason: String

    init(_ status: Int, _ reason: String) {
        self.status = status
        self.reason = reason
    }
}

/// The bounds of a head.
struct HeadLimits: Sendable {
    var maxHeadBytes: Int
    var maxFieldCount: Int
    var maxTargetBytes: Int
}

/// How the end of a body is found (RFC 9112 section 6.3).
enum BodyFraming: Equatable, Sendable {
    case none
    case length(Int)
    case chunked
    case untilClose
}

/// Finds the end of a head in bytes that arrive piece by piece, looking at each byte once.
struct HeadScanner {
    private var position = 0
    private var lineStart = 0
    private(set) var lineCount = 0

    /// The length of the head with its closing empty line, or nil while it is not there yet.
    /// - Parameter bytes: all bytes since the head's beginning; each call must see at least those of the call before.
    mutating func scan(_ bytes: UnsafeRawBufferPointer, limits: HeadLimits) throws(HTTPParseError) -> Int? {
        while position < bytes.count, let base = bytes.baseAddress {
            // memchr looks at the bytes from `position` to the end, which is within the buffer.
            guard let found = memchr(base + position, Int32(ASCII.lineFeed), bytes.count - position) else { break }
            let index = base.distance(to: UnsafeRawPointer(found))
            guard index > lineStart, bytes[index - 1] == ASCII.carriageReturn else {
                throw HTTPParseError(400, "line ends without CR LF")
            }
            let isEmpty = index - 1 == lineStart
            position = index + 1
            lineStart = position
            if isEmpty {
                guard lineCount > 0 else { throw HTTPParseError(400, "head begins with an empty line") }
                guard position <= limits.maxHeadBytes else { throw HTTPParseError(431, "head is too large") }
                return position
            }
            lineCount += 1
            // The first line is not a field.
            guard lineCount <= limits.maxFieldCount + 1 else { throw HTTPParseError(431, "too many fields") }
        }
        position = bytes.count
        if position >= limits.maxHeadBytes {
            throw lineCount == 0
                ? HTTPParseError(414, "request line is too long") : HTTPParseError(431, "head is too large")
        }
        return nil
    }
}

/// What the field lines of a head say about the message itself.
struct FieldFacts {
    var hostCount = 0
    var hostIsValid = true
    var contentLengthCount = 0
    var contentLength: Int?
    var transferEncodingCount = 0
    var isChunked = false
    var saysClose = false
    var saysKeepAlive = false
    var expectCount = 0
    var expectsContinue = false
    var contentEncodingCount = 0
    var isGzip = false
    var isIdentity = false
}

/// Parses whole heads, in place. Every rule that keeps two readers of one byte stream from disagreeing is enforced here.
enum HeadParser {
    /// Parses field lines up to the empty line.
    /// - Parameters:
    ///   - bytes: the field lines, each with its CR LF, and the closing CR LF; nothing after.
    ///   - lineCount: how many fields to expect, for the reservation only.
    static func parseFields(
        _ bytes: UnsafeRawBufferPointer, lineCount: Int, facts: inout FieldFacts
    ) throws(HTTPParseError) -> HTTPFields {
        var entries: [HTTPFields.Entry] = []
        entries.reserveCapacity(lineCount)
        var position = 0
        let count = bytes.count
        while position < count {
            let first = bytes[position]
            if first == ASCII.carriageReturn {
                guard position + 2 == count, bytes[position + 1] == ASCII.lineFeed else {
                    throw HTTPParseError(400, "bare CR in head")
                }
                return HTTPFields(storage: [UInt8](bytes), entries: entries)
            }
            let nameStart = position
            while position < count, ASCII.isToken(bytes[position]) { position += 1 }
            guard position < count, position > nameStart, bytes[position] == ASCII.colon else {
                throw HTTPParseError(400, ASCII.isBlank(first) ? "folded field line" : "bad field name")
            }
            let name = nameStart..<position
            position += 1
            while position < count, ASCII.isBlank(bytes[position]) { position += 1 }
            let valueStart = position
            while position < count, ASCII.isFieldValue(bytes[position]) { position += 1 }
            guard position + 1 < count, bytes[position] == ASCII.carriageReturn,
                bytes[position + 1] == ASCII.lineFeed
            else { throw HTTPParseError(400, "bad byte in field value") }
            var valueEnd = position
            while valueEnd > valueStart, ASCII.isBlank(bytes[valueEnd - 1]) { valueEnd -= 1 }
            position += 2
            note(
                name: UnsafeRawBufferPointer(rebasing: bytes[name]),
                value: UnsafeRawBufferPointer(rebasing: bytes[valueStart..<valueEnd]), in: &facts)
            // Heads are far below 4 GB (`HeadLimits`), so the numbers fit; if not, they are refused.
            guard let start = UInt32(exactly: valueStart), let size = UInt32(exactly: valueEnd - valueStart) else {
                throw HTTPParseError(431, "head is too large")
            }
            entries.append(
                HTTPFields.Entry(
                    nameStart: UInt32(truncatingIfNeeded: nameStart), nameCount: UInt32(truncatingIfNeeded: name.count),
                    valueStart: start, valueCount: size))
        }
        throw HTTPParseError(400, "head ends early")
    }

    @inline(__always)
    private static func note(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, in facts: inout FieldFacts) {
        switch name.count {
        case 4 where ASCII.equal(name, "host"):
            facts.hostCount += 1
            for byte in value where !isHostByte(byte) { facts.hostIsValid = false }
        case 6 where ASCII.equal(name, "expect"):
            facts.expectCount += 1
            facts.expectsContinue = ASCII.equal(value, "100-continue")
        case 10 where ASCII.equal(name, "connection"):
            noteConnection(value, in: &facts)
        case 14 where ASCII.equal(name, "content-length"):
            facts.contentLengthCount += 1
            facts.contentLength = ASCII.decimal(value)
        case 16 where ASCII.equal(name, "content-encoding"):
            facts.contentEncodingCount += 1
            facts.isGzip = ASCII.equal(value, "gzip") || ASCII.equal(value, "x-gzip")
            facts.isIdentity = ASCII.equal(value, "identity")
        case 17 where ASCII.equal(name, "transfer-encoding"):
            facts.transferEncodingCount += 1
            facts.isChunked = ASCII.equal(value, "chunked")
        default: break
        }
    }

    private static func noteConnection(_ value: UnsafeRawBufferPointer, in facts: inout FieldFacts) {
        var start = 0
        while start <= value.count {
            var end = start
            while end < value.count, value[end] != UInt8(ascii: ",") { end += 1 }
            var first = start
            var last = end
            while first < last, ASCII.isBlank(value[first]) { first += 1 }
            while last > first, ASCII.isBlank(value[last - 1]) { last -= 1 }
            let token = UnsafeRawBufferPointer(rebasing: value[first..<last])
            if ASCII.equal(token, "close") { facts.saysClose = true }
            if ASCII.equal(token, "keep-alive") { facts.saysKeepAlive = true }
            start = end + 1
        }
    }

    /// Bytes of `uri-host [":" port]` (RFC 3986 section 3.2.2).
    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: ":"),
            UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"), UInt8(ascii: "!"), UInt8(ascii: "$"),
            UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"),
            UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: "="):
            true
        default: false
        }
    }
}
