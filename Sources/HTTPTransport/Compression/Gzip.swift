/// gzip (RFC 1952) through the system's zlib, which is looked up at run time.
public enum Gzip {
    /// Whether zlib was found; without it nothing can be compressed or decompressed.
    public static var isAvailable: Bool { ZLibrary.system != nil }

    /// Compresses in one step, or nil when zlib is absent.
    /// - Parameter level: 1 (fast) to 9 (small).
    public static func compress(_ bytes: [UInt8], level: Int = 1) -> [UInt8]? {
        guard let encoder = GzipEncoder(level: level) else { return nil }
        var output = encoder.encode(bytes)
        output += encoder.finish()
        return output
    }

    /// Decompresses one or more gzip members.
    /// - Parameter limit: most bytes that may come out; memory stays near that, however small the input is.
    /// - Throws: `GzipError`.
    public static func decompress(_ bytes: [UInt8], upTo limit: Int) throws(GzipError) -> [UInt8] {
        guard let decoder = GzipDecoder() else {
            throw GzipError(code: .unavailable, message: "zlib is not installed")
        }
        decoder.feed(bytes)
        var output: [UInt8] = []
        while let piece = try decoder.next() {
            guard output.count + piece.count <= limit else {
                throw GzipError(code: .tooLarge, message: "decompressed data is larger than \(limit) bytes")
            }
            output += piece
        }
        guard decoder.isComplete else { throw GzipError(code: .malformed, message: "gzip data ends early") }
        return output
    }
}

/// Why gzip data could not be read.
public struct GzipError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What happened.
    public struct Code: Sendable, Hashable {
        enum Raw: Sendable { case unavailable, malformed, tooLarge }
        let raw: Raw

        /// There is no zlib.
        public static let unavailable = Code(raw: .unavailable)
        /// The data is not gzip, is damaged, or ends early.
        public static let malformed = Code(raw: .malformed)
        /// More would come out than the caller allows.
        public static let tooLarge = Code(raw: .tooLarge)
    }

    /// What happened.
    public var code: Code
    /// The reason, lowercase, no full stop.
    public var message: String

    init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
