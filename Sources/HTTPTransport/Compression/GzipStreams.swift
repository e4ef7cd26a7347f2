import CPlatform

/// Compresses a stream of bytes piece by piece. Used by one task at a time.
public final class GzipEncoder {
    private let library: ZLibrary
    /// zlib's state points back at this block, so it has an address of its own.
    private let stream: ZLibrary.Stream
    private var isFinished = false

    /// Makes an encoder, or nil when zlib is absent or gives no memory.
    /// - Parameter level: 1 (fast) to 9 (small).
    public init?(level: Int = 1) {
        guard let library = ZLibrary.system else { return nil }
        let stream = ZLibrary.Stream.allocate(capacity: 1)
        stream.initialize(to: cplatform_zlib_stream())
        let deflated: Int32 = 8
        let memoryLevel: Int32 = 8
        guard
            library.deflateInit2(
                stream, Int32(min(9, max(1, level))), deflated, ZLibrary.gzipWindow, memoryLevel, 0,
                ZLibrary.version, ZLibrary.streamSize) == ZLibrary.ok
        else {
            stream.deallocate()
            return nil
        }
        self.library = library
        self.stream = stream
    }

    deinit {
        _ = library.deflateEnd(stream)
        stream.deallocate()
    }

    /// Takes bytes in; what comes out may be empty, since the encoder gathers input.
    /// - Parameter flush: push out everything so far, so that the reader can see it.
    public func encode(_ bytes: [UInt8], flush: Bool = false) -> [UInt8] {
        run(bytes, flush ? ZLibrary.syncFlush : ZLibrary.noFlush)
    }

    /// The end of the stream. Nothing may be encoded afterwards.
    public func finish() -> [UInt8] { run([], ZLibrary.finish) }

    private func run(_ bytes: [UInt8], _ flush: Int32) -> [UInt8] {
        guard !isFinished else { return [] }
        if flush == ZLibrary.finish { isFinished = true }
        var output: [UInt8] = []
        // zlib counts in 32 bits; larger input goes in by pieces.
        var start = 0
        repeat {
            let end = min(bytes.count, start + (1 << 30))
            run(bytes, start..<end, end == bytes.count ? flush : ZLibrary.noFlush, into: &output)
            start = end
        } while start < bytes.count
        return output
    }

    private func run(_ bytes: [UInt8], _ range: Range<Int>, _ flush: Int32, into output: inout [UInt8]) {
        bytes.withUnsafeBufferPointer { input in
            // The pointers are given to zlib for the time of this closure only, with counts that lie within the buffers.
            stream.pointee.next_in = input.baseAddress.map { $0 + range.lowerBound }
            stream.pointee.avail_in = UInt32(range.count)
            while true {
                var isFull = false
                let room = max(512, min(65_536, range.count / 2 + 128))
                output += [UInt8](unsafeUninitializedCapacity: room) { memory, count in
                    stream.pointee.next_out = memory.baseAddress
                    stream.pointee.avail_out = UInt32(room)
                    let result = library.deflate(stream, flush)
                    count = room - Int(stream.pointee.avail_out)
                    isFull = stream.pointee.avail_out == 0 && result != ZLibrary.streamEnd
                }
                // A full output means that there may be more; otherwise all input was taken.
                if !isFull { break }
            }
            stream.pointee.next_in = nil
            stream.pointee.avail_in = 0
        }
    }
}

/// Decompresses a stream of gzip members piece by piece. Used by one task at a time.
///
/// Output is pulled in bounded pieces, so tiny input that stands for a huge output cannot exhaust memory: the caller
/// counts and stops.
public final class GzipDecoder {
    private let library: ZLibrary
    private let stream: ZLibrary.Stream
    private var input: [UInt8] = []
    private var position = 0
    /// Between members: after the end of one, or before the first.
    private var isBetweenMembers = true
    private var sawMember = false
    private var isBroken = false

    /// Makes a decoder, or nil when zlib is absent or gives no memory.
    public init?() {
        guard let library = ZLibrary.system else { return nil }
        let stream = ZLibrary.Stream.allocate(capacity: 1)
        stream.initialize(to: cplatform_zlib_stream())
        guard
            library.inflateInit2(stream, ZLibrary.gzipWindow, ZLibrary.version, ZLibrary.streamSize) == ZLibrary.ok
        else {
            stream.deallocate()
            return nil
        }
        self.library = library
        self.stream = stream
    }

    deinit {
        _ = library.inflateEnd(stream)
        stream.deallocate()
    }

    /// Whether the input so far is a whole number of members, at least one.
    public var isComplete: Bool { isBetweenMembers && sawMember && position == input.count && !isBroken }

    /// Adds input.
    public func feed(_ bytes: [UInt8]) {
        if position == input.count {
            input = bytes
        } else {
            input.removeFirst(position)
            input += bytes
        }
        position = 0
    }

    /// The next piece of output, never empty, or nil when more input is needed.
    /// - Parameter maxBytes: most bytes of one piece.
    /// - Throws: `GzipError`.
    public func next(maxBytes: Int = 65_536) throws(GzipError) -> [UInt8]? {
        let room = min(1 << 30, max(1, maxBytes))
        while true {
            guard !isBroken else { throw Self.malformed }
            if isBetweenMembers {
                guard position < input.count else { return nil }
                if sawMember { _ = library.inflateReset(stream) }
                isBetweenMembers = false
                sawMember = true
            }
            var result = ZLibrary.ok
            let available = min(input.count - position, 1 << 30)
            let piece = input.withUnsafeBufferPointer { input in
                [UInt8](unsafeUninitializedCapacity: room) { memory, count in
                    // Given to zlib for the time of this closure only, with counts that lie within the buffers.
                    stream.pointee.next_in = input.baseAddress.map { $0 + position }
                    stream.pointee.avail_in = UInt32(available)
                    stream.pointee.next_out = memory.baseAddress
                    stream.pointee.avail_out = UInt32(room)
                    result = library.inflate(stream, ZLibrary.noFlush)
                    count = room - Int(stream.pointee.avail_out)
                    position += available - Int(stream.pointee.avail_in)
                    stream.pointee.next_in = nil
                }
            }
            switch result {
            case ZLibrary.streamEnd: isBetweenMembers = true
            case ZLibrary.ok: break
            case ZLibrary.bufferError: if piece.isEmpty { return nil }
            default:
                isBroken = true
                throw Self.malformed
            }
            if !piece.isEmpty { return piece }
            if position == input.count { return nil }
        }
    }

    private static let malformed = GzipError(code: .malformed, message: "bad gzip data")
}
