/// Why bytes could not be read as a message.
///
/// `message` carries the text that a Tempo written in Go would give for the same bytes, where that text is known, so that an answer
/// made from it reads alike.
public struct WireError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind of failure, for code that must decide on it.
    public enum Code: Sendable, Equatable {
        /// The input ended inside a value.
        case truncated
        /// The input breaks the rules of the encoding.
        case malformed
        /// The encoding is sound, but a value does not fit the field it is meant for.
        case mismatch
        /// A JSON object has a member that the message does not know.
        case unknownField
        /// A bound of ``WireLimits`` is exceeded.
        case limitExceeded
    }

    /// The kind of failure.
    public let code: Code
    /// The text for a log line or an error body, without a newline.
    public let message: String

    /// Makes an error from its parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Same as ``message``.
    public var description: String { message }

    /// The input ended inside a value.
    @inline(never)
    public static func truncated() -> WireError { WireError(.truncated, "unexpected EOF") }

    /// A varint does not end within ten bytes.
    @inline(never)
    public static func varintTooLong() -> WireError { WireError(.malformed, "proto: integer overflow") }

    /// A length does not fit a signed 64-bit number.
    @inline(never)
    public static func lengthTooLarge() -> WireError {
        WireError(.malformed, "proto: negative length found during unmarshaling")
    }

    /// A tag with field number 0 or above 536,870,911.
    @inline(never)
    public static func illegalTag(_ raw: UInt64) -> WireError {
        WireError(.malformed, "proto: illegal tag \(raw >> 3) (wire type \(raw & 7))")
    }

    /// A wire type that is a group (3, 4) or undefined (6, 7).
    @inline(never)
    public static func illegalWireType(_ raw: UInt64) -> WireError {
        WireError(.malformed, "proto: illegal wireType \(raw & 7)")
    }

    /// A known field arrived with another wire type than its type has.
    @inline(never)
    public static func wrongWireType(_ wireType: ProtobufWireType, field: Int) -> WireError {
        WireError(.mismatch, "proto: wrong wireType = \(wireType.rawValue) for field \(field)")
    }
}
