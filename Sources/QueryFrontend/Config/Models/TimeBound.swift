/// The end of what a target holds: a point in time, or so long before now.
public enum TimeBound: Sendable, Equatable, CustomStringConvertible {
    /// Unix nanoseconds.
    case at(Int64)
    /// This long before the query.
    case ago(Duration)

    /// Reads an RFC 3339 time such as `2026-06-01T00:00:00Z`, or a duration in the form of Prometheus such as `30d`, which means so
    /// long ago; a minus sign before it means the same. nil for anything else.
    public init?(_ text: String) {
        if let duration = PrometheusDuration.parse(text.hasPrefix("-") ? String(text.dropFirst()) : text) {
            self = .ago(duration)
            return
        }
        guard let time = RFC3339.parse(Array(text.utf8)) else { return nil }
        let (seconds, overflow) = time.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = seconds.addingReportingOverflow(time.nanoseconds)
        if overflow || carry { return nil }
        self = .at(sum)
    }

    /// The text that is read as the same bound.
    public var description: String {
        switch self {
        case .at(let nanoseconds):
            Timestamp.rfc3339(unixNanoseconds: nanoseconds).replacing(".000000000Z", with: "Z")
        case .ago(let duration): PrometheusDuration.format(duration)
        }
    }

    /// Unix nanoseconds; times that do not fit are the first or the last that do.
    func unixNanoseconds(now: Int64) -> Int64 {
        switch self {
        case .at(let nanoseconds): return nanoseconds
        case .ago(let duration):
            let (difference, overflow) = now.subtractingReportingOverflow(GoDuration.nanoseconds(duration))
            return overflow ? .min : difference
        }
    }

    /// Whether this bound never lies before the other. Of a time and a duration nobody knows.
    func isKnownNotBefore(_ other: TimeBound) -> Bool {
        switch (self, other) {
        case (.at(let own), .at(let others)): own >= others
        case (.ago(let own), .ago(let others)): own <= others
        default: false
        }
    }
}

extension ConfigurationField {
    static func bound(_ key: String, _ path: WritableKeyPath<Block, TimeBound?>) -> ConfigurationField {
        ConfigurationField(
            key: key,
            decode: { _, node, block, decoder in
                guard let text = decoder.string(node), !text.isEmpty else { return }
                if let bound = TimeBound(text) {
                    block[keyPath: path] = bound
                } else {
                    decoder.problem(
                        "\(key): \(text.prefix(64)) is neither a time such as 2026-06-01T00:00:00Z nor a duration such as 30d",
                        at: node.mark)
                }
            }, render: { block in block[keyPath: path].map { .text($0.description) } })
    }
}
