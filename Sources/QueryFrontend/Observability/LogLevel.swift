/// How urgent a log line is. Ordered: debug is the least urgent.
public enum LogLevel: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Every request, every decision.
    case debug
    /// One line a query, start and stop.
    case info
    /// Something that works but should be changed.
    case warn
    /// Something that does not work.
    case error

    private var rank: UInt8 {
        switch self {
        case .debug: 0
        case .info: 1
        case .warn: 2
        case .error: 3
        }
    }

    /// True when `a` is less urgent than `b`.
    public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rank < b.rank }
}

/// The shape of a log line.
public enum LogFormat: String, Sendable, Hashable, CaseIterable {
    /// `key=value` pairs, quoted only where needed.
    case logfmt
    /// One JSON object a line with the same keys in the same order.
    case json
}
