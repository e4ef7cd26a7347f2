/// A trace id of 16 bytes as two numbers, most significant byte first, so that numbers and bytes sort alike.
struct TraceID: Hashable, Comparable, Sendable, BitwiseCopyable {
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// - Returns: nil unless there are exactly 16 bytes.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The 16 bytes.
    var bytes: [UInt8] { Self.bytes(of: high) + Self.bytes(of: low) }

    /// The eight bytes of half an id, or of a span id.
    static func bytes(of number: UInt64) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    static func < (left: TraceID, right: TraceID) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }
}
