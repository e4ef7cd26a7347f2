/// A value of a log line. Integers, floats, booleans and durations are written bare; texts are quoted where needed.
public enum LogValue: Sendable, Equatable {
    /// A text, which may come from a client: control bytes are escaped and its length is bounded.
    case string(String)
    /// A signed number.
    case int(Int)
    /// An unsigned number, such as a count of bytes.
    case uint(UInt64)
    /// A fraction; not-a-number and infinities are written as `NaN`, `+Inf` and `-Inf`.
    case double(Double)
    /// A truth value.
    case bool(Bool)
    /// A span of time, written as Go writes it (`1.5s`).
    case duration(Duration)
}

extension LogValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral
{
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A number.
    public init(integerLiteral value: Int) { self = .int(value) }
    /// A fraction.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}
