/// What conditions on the trace as a whole say about its spans, and about its duration.
extension TraceCondition {
    /// The condition, with tests of the root's name and service also as conditions on some span: where they do not hold for a
    /// trace without a root, the root is a span of that name or service, and some store has it.
    func withRootsAsSpans() -> TraceCondition {
        switch self {
        case .always, .never: self
        case .span(let condition): condition.withRootsAsSpans()
        case .all(let parts): .conjunction(parts.map { $0.withRootsAsSpans() })
        case .any(let parts): .disjunction(parts.map { $0.withRootsAsSpans() })
        }
    }

    /// The durations, in nanoseconds, that a trace which passes can have.
    var durations: TraceDurations {
        switch self {
        case .always, .never: .any
        case .span(let condition): condition.durations
        case .all(let parts): parts.reduce(.any) { $0.intersection($1.durations) }
        case .any(let parts): TraceDurations.hull(parts.map(\.durations))
        }
    }
}

/// A range of durations of traces in nanoseconds, both ends within it. Nothing is in it when the least is above the greatest.
public struct TraceDurations: Sendable, Hashable {
    /// The least duration.
    public var least: Int64
    /// The greatest.
    public var greatest: Int64

    /// A range from its ends.
    public init(least: Int64, greatest: Int64) {
        self.least = least
        self.greatest = greatest
    }

    /// Any duration; a trace that ends before it starts has a negative one.
    public static let any = TraceDurations(least: .min, greatest: .max)

    /// Whether a duration is within the range.
    public func contains(_ duration: Int64) -> Bool { duration >= least && duration <= greatest }

    func intersection(_ other: TraceDurations) -> TraceDurations {
        TraceDurations(least: max(least, other.least), greatest: min(greatest, other.greatest))
    }

    static func hull(_ ranges: [TraceDurations]) -> TraceDurations {
        guard var hull = ranges.first else { return .any }
        for range in ranges.dropFirst() {
            hull.least = min(hull.least, range.least)
            hull.greatest = max(hull.greatest, range.greatest)
        }
        return hull
    }
}

extension SpanCondition {
    /// A condition of more parts is left as it is.
    private static let maxNodes = 1024

    fileprivate func withRootsAsSpans() -> TraceCondition {
        guard testsRoot, !holdsMoreNodes(than: Self.maxNodes) else { return .conjunction([.span(self)]) }
        return rootsAsSpans()
    }

    private func rootsAsSpans() -> TraceCondition {
        switch self {
        case .test(let attribute, let op, let literal): return Self.span(attribute, op, literal) ?? .span(self)
        case .all(let parts): return .conjunction([.span(self)] + parts.filter(\.testsRoot).map { $0.rootsAsSpans() })
        case .any(let parts):
            return .disjunction(parts.map { $0.testsRoot ? $0.rootsAsSpans() : .conjunction([.span($0)]) })
        case .always, .never, .exists, .isNil: return .conjunction([.span(self)])
        }
    }

    /// What a test of the root says of a span; nil when it says nothing.
    private static func span(_ attribute: Attribute, _ op: BinaryOperator, _ literal: Static) -> TraceCondition? {
        let ofSpan: Attribute
        switch attribute.intrinsic {
        case .traceRootName: ofSpan = Attribute(.name)
        case .traceRootService: ofSpan = Attribute(.resource, "service.name")
        default: return nil
        }
        guard case .string(let text) = literal, !text.isEmpty else { return nil }
        switch op {
        case .equal, .greater, .greaterOrEqual: break
        case .regex:
            guard let pattern = try? RegularExpression(utf8: text), !pattern.matches([UInt8]()) else { return nil }
        // A trace without a root passes these.
        default: return nil
        }
        return .span(.test(ofSpan, op, literal))
    }

    private var testsRoot: Bool {
        switch self {
        case .test(let attribute, _, _):
            attribute.intrinsic == .traceRootName || attribute.intrinsic == .traceRootService
        case .all(let parts), .any(let parts): parts.contains(where: \.testsRoot)
        case .always, .never, .exists, .isNil: false
        }
    }

    fileprivate var durations: TraceDurations {
        switch self {
        case .always, .never, .exists, .isNil: return .any
        case .all(let parts): return parts.reduce(.any) { $0.intersection($1.durations) }
        case .any(let parts): return TraceDurations.hull(parts.map(\.durations))
        case .test(let attribute, let op, .duration(let bound)) where attribute.intrinsic == .traceDuration:
            switch op {
            case .equal: return TraceDurations(least: bound, greatest: bound)
            case .greaterOrEqual: return TraceDurations(least: bound, greatest: .max)
            case .lessOrEqual: return TraceDurations(least: .min, greatest: bound)
            case .greater: return TraceDurations(least: bound == .max ? bound : bound + 1, greatest: .max)
            case .less: return TraceDurations(least: .min, greatest: bound == .min ? bound : bound - 1)
            default: return .any
            }
        case .test: return .any
        }
    }
}
