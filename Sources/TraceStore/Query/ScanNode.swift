/// A condition on the spans of one view in terms of the ids of that view: everything that can be worked out once a distinct value has
/// been worked out.
indirect enum ScanNode {
    case always
    case never
    /// The kind's number is in.
    case kind(BitSet)
    /// The status code's number is in.
    case statusCode(BitSet)
    /// The string id of the name is in.
    case name(BitSet)
    /// The number of the detail row is in.
    case detail(BitSet)
    /// The resource id is in.
    case resource(BitSet)
    /// The scope id is in.
    case scope(BitSet)
    /// The trace's number is in.
    case trace(BitSet)
    /// End less start in nanoseconds is in, or the end is before the start.
    case duration(ClosedRange<UInt64>)
    /// The span id is one of these.
    case spanID([UInt64])
    /// The parent's id is one of these.
    case parentSpanID([UInt64])
    /// There is no parent id.
    case isRoot
    /// Some attribute of the span is in.
    case pairs(PairSet)
    /// Some attribute of some event is in.
    case eventPairs(PairSet)
    /// The string id of the name of some event is in.
    case eventName(BitSet)
    /// Some attribute of some link is in.
    case linkPairs(PairSet)
    /// There is a link.
    case hasLink
    /// There is an event.
    case hasEvent
    /// All of these; cheap ones first.
    case all([ScanNode])
    /// Some of these.
    case any([ScanNode])

    static func conjunction(_ nodes: [ScanNode]) -> ScanNode {
        var parts: [ScanNode] = []
        for node in nodes {
            switch node {
            case .always: continue
            case .never: return .never
            case .all(let inner): parts += inner
            default: parts.append(node)
            }
        }
        if parts.count < 2 { return parts.first ?? .always }
        return .all(parts.sorted { $0.cost < $1.cost })
    }

    static func disjunction(_ nodes: [ScanNode]) -> ScanNode {
        var parts: [ScanNode] = []
        for node in nodes {
            switch node {
            case .never: continue
            case .always: return .always
            case .any(let inner): parts += inner
            case .trace(var bits):
                // A list of trace ids is one set.
                if let place = parts.firstIndex(where: { $0.traces != nil }), let other = parts[place].traces {
                    bits.formUnion(other)
                    parts[place] = .trace(bits)
                } else {
                    parts.append(node)
                }
            default: parts.append(node)
            }
        }
        return parts.count < 2 ? parts.first ?? .never : .any(parts)
    }

    /// The traces, when the node asks for nothing else.
    var traces: BitSet? {
        if case .trace(let bits) = self { bits } else { nil }
    }

    /// How dear it is, relative to a lookup of one id.
    private var cost: Int {
        switch self {
        case .always, .never: 0
        case .kind, .statusCode, .name, .detail, .resource, .scope, .trace, .isRoot, .duration, .hasLink, .hasEvent: 1
        case .spanID(let ids), .parentSpanID(let ids): 1 + ids.count
        case .pairs(let set): set.few == nil ? 8 : 4
        case .eventPairs, .linkPairs, .eventName: 3
        case .all(let nodes), .any(let nodes): nodes.reduce(1) { $0 + $1.cost }
        }
    }
}

/// A set of pair ids.
struct PairSet {
    /// The ids as a set.
    let bits: BitSet
    /// The ids one by one when there are no more than a few.
    let few: [UInt32]?

    init(_ bits: BitSet) {
        self.bits = bits
        few = bits.count <= 2 ? bits.numbers.map { UInt32(truncatingIfNeeded: $0) } : nil
    }
}
