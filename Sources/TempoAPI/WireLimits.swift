/// Bounds on what a decoder accepts, so that a small hostile input cannot cost a large amount of memory or stack.
public struct WireLimits: Sendable, Equatable {
    /// How deep messages may nest; the outermost message is depth 1. JSON may nest twice as deep, since a list is a level of its own.
    public var maxDepth: Int
    /// The largest input in bytes.
    public var maxBytes: Int
    /// How many sub-messages, list elements and map entries one input may hold altogether.
    public var maxElements: Int
    /// How many bytes of memory the elements may take for each byte of the input. Two bytes can stand for an empty message of
    /// hundreds, but no Tempo writes many of those: its elements take at most about ten bytes for each of their own. What fits
    /// into ``freeMemory`` is always accepted. Texts and bytes come on top; they cannot take much more than they take in the input.
    public var maxExpansion: Int

    /// Memory that the elements of any input may take, however small the input: 4 MiB.
    public static let freeMemory = 4 << 20

    /// Makes limits; each has a default that fits any answer of a Tempo.
    public init(
        maxDepth: Int = 100, maxBytes: Int = 512 << 20, maxElements: Int = 16_000_000, maxExpansion: Int = 12
    ) {
        self.maxDepth = maxDepth
        self.maxBytes = maxBytes
        self.maxElements = maxElements
        self.maxExpansion = maxExpansion
    }

    /// Depth 100, 512 MiB, 16 million elements, 12 bytes of memory a byte.
    public static let `default` = WireLimits()

    func checkSize(_ count: Int) throws(WireError) {
        guard count <= maxBytes else {
            throw WireError(.limitExceeded, "message of \(count) bytes exceeds the limit of \(maxBytes) bytes")
        }
    }

    static func tooDeep() -> WireError { WireError(.limitExceeded, "exceeded max depth") }

    static func tooManyElements() -> WireError { WireError(.limitExceeded, "message holds too many elements") }
}
