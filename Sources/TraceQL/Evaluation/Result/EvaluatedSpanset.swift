/// Spans of one trace that match together, with what `by()` and aggregates say about them.
public struct EvaluatedSpanset: Sendable {
    /// Indexes into the table, in evaluated order, without repeats. An answer keeps the first `spss` of them and lists those
    /// in stored order (sorted).
    public var spans: [Int32]
    /// What `by(...)` and scalar filters added, in the order of the pipeline. A key that occurs again replaces its value.
    public var attributes: [SpansetAttribute]

    /// How many spans match.
    public var matched: Int { spans.count }

    /// The attributes that tell the spansets of one trace apart: those of `by(...)`.
    public var groupAttributes: [SpansetAttribute] { attributes.filter(\.isGroup) }
}

/// What an element of the pipeline says about a spanset.
public struct SpansetAttribute: Sendable, Hashable {
    /// Canonical text: `by(span.x)`, `count()`, `avg(duration)`.
    public var key: String
    /// The value; `.null` prints as the string `nil`, durations, statuses and kinds as strings too.
    public var value: Static
    /// Whether it comes from `by(...)`.
    public var isGroup: Bool
}

/// An attribute of a span as a search answer lists it.
public struct ReportedAttribute: Sendable, Hashable {
    /// The key without scope, or the canonical text of an intrinsic. Bytes, because keys need not be UTF-8.
    public var key: [UInt8]
    /// The value; durations, statuses and kinds print as strings.
    public var value: Static
}

/// What an expression comes to for one span. Strings stay references, so that values can be compared and counted without
/// copying bytes.
public enum EvaluatedValue: Sendable, Hashable, BitwiseCopyable {
    /// No value.
    case null
    /// A 64-bit integer.
    case int(Int64)
    /// A 64-bit float.
    case float(Double)
    /// A truth value.
    case boolean(Bool)
    /// A string. Numbers from 2^30 on belong to the evaluation state rather than to the table's dictionary, and hold until
    /// the next trace. `EvaluationState.static(_:_:)` gives the bytes of either.
    case string(StringRef)
    /// Nanoseconds.
    case duration(Int64)
    /// A span status.
    case status(Static.Status)
    /// A span kind.
    case kind(Static.Kind)
    /// A list. References hold until the next trace.
    case array(ArrayRef)
}
