/// Takes a body out of a stream of bytes by its framing. A value: it is fed and says what to take.
struct BodyDecoder {
    /// One step over the bytes at hand.
    enum Step: Equatable {
        /// These bytes of the buffer are body; drop everything up to `consumed` afterwards.
        case data(Range<Int>, consumed: Int)
        /// Drop `consumed` bytes; more input is needed to go on.
        case needMore(consumed: Int)
        /// Drop `consumed` bytes; the body is over.
        case finished(consumed: Int)
    }

    private enum State: Equatable {
        case length(Int)
        case chunkSize
        case chunkData(Int)
        case chunkEnd
        case trailer(bytes: Int)
        case untilClose
        case finished
    }

    /// Longest chunk size line with its extension, and longest trailer section.
    static let maxChunkLineBytes = 512
    static let maxTrailerBytes = 8192

    private var state: State

    init(_ framing: BodyFraming) {
        state =
            switch framing {
            case .none: .finished
            case .length(let length): length == 0 ? .finished : .length(length)
            case .chunked: .chunkSize
            case .untilClose: .untilClose
            }
    }

    var isFinished: Bool { state == .finished }

    /// Bytes to come when the length is known.
    var remainingLength: Int? {
        if case .length(let rest) = state { rest } else if isFinished { 0 } else { nil }
    }

    /// Bytes that may be read straight into the body, without looking at them: nil when framing is in between.
    var directLength: Int? {
        switch state {
        case .length(let rest), .chunkData(let rest): rest
        case .untilClose: .max
        case .chunkSize, .chunkEnd, .trailer, .finished: nil
        }
    }

    /// Notes that `count` bytes, at most `directLength`, were read straight into the body.
    mutating func tookDirectly(_ count: Int) {
        switch state {
        case .length(let rest): state = count >= rest ? .finished : .length(rest - count)
        case .chunkData(let rest): state = count >= rest ? .chunkEnd : .chunkData(rest - count)
        case .chunkSize, .chunkEnd, .trailer, .untilClose, .finished: break
        }
    }

    /// The stream ended.
    mutating func endOfStream() throws(HTTPParseError) {
        guard state == .untilClose || state == .finished else { throw HTTPParseError(400, "body ends early") }
        state = .finished
    }

    mutating func step(_ bytes: UnsafeRawBufferPointer) throws(HTTPParseError) -> Step {
        var offset = 0
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            switch state {
            case .finished: return .finished(consumed: offset)
            case .length, .chunkData, .untilClose:
                guard !rest.isEmpty, let direct = directLength else { return .needMore(consumed: offset) }
                let count = min(rest.count, direct)
                tookDirectly(count)
                return .data(offset..<offset + count, consumed: offset + count)
            case .chunkEnd:
                guard rest.count >= 2 else {
                    if rest.count == 1, rest[0] != ASCII.carriageReturn {
                        throw HTTPParseError(400, "chunk does not end with CR LF")
                    }
                    return .needMore(consumed: offset)
                }
                guard rest[0] == ASCII.carriageReturn, rest[1] == ASCII.lineFeed else {
                    throw HTTPParseError(400, "chunk does not end with CR LF")
                }
                offset += 2
                state = .chunkSize
            case .chunkSize:
                guard let line = try line(rest, limit: Self.maxChunkLineBytes) else {
                    return .needMore(consumed: offset)
                }
                let size = try chunkSize(UnsafeRawBufferPointer(rebasing: rest[..<line]))
                offset += line + 2
                state = size == 0 ? .trailer(bytes: 0) : .chunkData(size)
            case .trailer(let soFar):
                guard let line = try line(rest, limit: Self.maxTrailerBytes - soFar) else {
                    return .needMore(consumed: offset)
                }
                offset += line + 2
                if line == 0 {
                    state = .finished
                } else {
                    try checkTrailer(UnsafeRawBufferPointer(rebasing: rest[..<line]))
                    state = .trailer(bytes: soFar + line + 2)
                }
            }
        }
    }

    /// The length of the line at the start of `bytes` without its CR LF, or nil while it is not whole.
    private func line(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(HTTPParseError) -> Int? {
        for index in 0..<min(bytes.count, max(0, limit)) {
            let byte = bytes[index]
            if byte == ASCII.carriageReturn {
                guard index + 1 < bytes.count else { return nil }
                guard bytes[index + 1] == ASCII.lineFeed else { throw HTTPParseError(400, "bare CR in chunked body") }
                return index
            }
            guard ASCII.isFieldValue(byte) else { throw HTTPParseError(400, "bad byte in chunked body") }
        }
        guard bytes.count < limit else { throw HTTPParseError(400, "line in chunked body is too long") }
        return nil
    }

    private func chunkSize(_ line: UnsafeRawBufferPointer) throws(HTTPParseError) -> Int {
        var size = 0
        var index = 0
        while index < line.count, let digit = ASCII.hexValue(line[index]) {
            // Fifteen digits stay below 2^60, far from overflow.
            guard index < 15 else { throw HTTPParseError(400, "chunk size is too large") }
            size = size << 4 | Int(digit)
            index += 1
        }
        guard index > 0, index == line.count || line[index] == UInt8(ascii: ";") else {
            throw HTTPParseError(400, "bad chunk size")
        }
        return size
    }

    /// Trailers are dropped, but they must be field lines.
    private func checkTrailer(_ line: UnsafeRawBufferPointer) throws(HTTPParseError) {
        var index = 0
        while index < line.count, ASCII.isToken(line[index]) { index += 1 }
        guard index > 0, index < line.count, line[index] == ASCII.colon else {
            throw HTTPParseError(400, "bad trailer field")
        }
    }
}
