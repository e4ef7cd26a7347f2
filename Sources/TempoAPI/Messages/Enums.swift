/// The role of a span.
public struct SpanKind: WireEnum {
    /// The number on the wire.
    public var rawValue: Int32

    /// Makes a value from any number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Not said.
    public static let unspecified = SpanKind(rawValue: 0)
    /// Within a process.
    public static let `internal` = SpanKind(rawValue: 1)
    /// Serving a request.
    public static let server = SpanKind(rawValue: 2)
    /// Making a request.
    public static let client = SpanKind(rawValue: 3)
    /// Sending a message.
    public static let producer = SpanKind(rawValue: 4)
    /// Receiving a message.
    public static let consumer = SpanKind(rawValue: 5)

    /// Same as in Tempo.
    public static let wireName = "tempopb.trace.v1.Span_SpanKind"

    /// The names of the known numbers.
    public static let names: [(value: Int32, name: StaticString)] = [
        (0, "SPAN_KIND_UNSPECIFIED"),
        (1, "SPAN_KIND_INTERNAL"),
        (2, "SPAN_KIND_SERVER"),
        (3, "SPAN_KIND_CLIENT"),
        (4, "SPAN_KIND_PRODUCER"),
        (5, "SPAN_KIND_CONSUMER"),
    ]
}

/// How a span ended.
public struct SpanStatusCode: WireEnum {
    /// The number on the wire.
    public var rawValue: Int32

    /// Makes a value from any number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Not said.
    public static let unset = SpanStatusCode(rawValue: 0)
    /// Well.
    public static let ok = SpanStatusCode(rawValue: 1)
    /// In error.
    public static let error = SpanStatusCode(rawValue: 2)

    /// Same as in Tempo.
    public static let wireName = "tempopb.trace.v1.Status_StatusCode"

    /// The names of the known numbers.
    public static let names: [(value: Int32, name: StaticString)] = [
        (0, "STATUS_CODE_UNSET"),
        (1, "STATUS_CODE_OK"),
        (2, "STATUS_CODE_ERROR"),
    ]
}

/// Whether an answer is whole.
public struct PartialStatus: WireEnum {
    /// The number on the wire.
    public var rawValue: Int32

    /// Makes a value from any number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// It is.
    public static let complete = PartialStatus(rawValue: 0)
    /// Something was cut.
    public static let partial = PartialStatus(rawValue: 1)

    /// Same as in Tempo.
    public static let wireName = "tempopb.PartialStatus"

    /// The names of the known numbers.
    public static let names: [(value: Int32, name: StaticString)] = [
        (0, "COMPLETE"),
        (1, "PARTIAL"),
    ]
}

/// Where an attribute sits.
public struct DedicatedColumnScope: WireEnum {
    /// The number on the wire.
    public var rawValue: Int32

    /// Makes a value from any number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// On the span.
    public static let span = DedicatedColumnScope(rawValue: 0)
    /// On the resource.
    public static let resource = DedicatedColumnScope(rawValue: 1)
    /// On an event.
    public static let event = DedicatedColumnScope(rawValue: 2)

    /// Same as in Tempo.
    public static let wireName = "tempopb.DedicatedColumn_Scope"

    /// The names of the known numbers.
    public static let names: [(value: Int32, name: StaticString)] = [
        (0, "SPAN"),
        (1, "RESOURCE"),
        (2, "EVENT"),
    ]
}

/// The type of a dedicated column.
public struct DedicatedColumnType: WireEnum {
    /// The number on the wire.
    public var rawValue: Int32

    /// Makes a value from any number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Text.
    public static let string = DedicatedColumnType(rawValue: 0)
    /// Whole numbers.
    public static let int = DedicatedColumnType(rawValue: 1)

    /// Same as in Tempo.
    public static let wireName = "tempopb.DedicatedColumn_Type"

    /// The names of the known numbers.
    public static let names: [(value: Int32, name: StaticString)] = [
        (0, "STRING"),
        (1, "INT"),
    ]
}

/// How a dedicated column is stored.
public struct DedicatedColumnOptions: WireEnum {
    /// The number on the wire.
    public var rawValue: Int32

    /// Makes a value from any number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Plainly.
    public static let none = DedicatedColumnOptions(rawValue: 0)
    /// As a list.
    public static let array = DedicatedColumnOptions(rawValue: 1)
    /// As a blob.
    public static let blob = DedicatedColumnOptions(rawValue: 2)

    /// Same as in Tempo.
    public static let wireName = "tempopb.DedicatedColumn_Options"

    /// The names of the known numbers.
    public static let names: [(value: Int32, name: StaticString)] = [
        (0, "NONE"),
        (1, "ARRAY"),
        (2, "BLOB"),
    ]
}
