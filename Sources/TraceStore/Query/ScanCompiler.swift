import TraceQL

/// Translates conditions into those of one view: every comparison is made once a distinct value of the view's dictionaries.
///
/// What comes out holds for every span for which the condition holds; it may hold for more. When the task is cancelled it ends early
/// and what comes out means nothing: the caller has to look.
struct ScanCompiler {
    private let view: SegmentView
    private let columns: SegmentColumns
    /// The string ids that are keys of attributes.
    private let keys: [UInt32]

    init(_ view: SegmentView) {
        self.view = view
        columns = view.columns
        var seen = BitSet(capacity: columns.strings.count)
        for key in columns.pairKey.buffer { seen.insert(Int(key)) }
        keys = seen.numbers.map { UInt32(truncatingIfNeeded: $0) }
    }

    func compile(_ condition: SpanCondition) -> ScanNode {
        switch condition {
        case .always: return .always
        case .never: return .never
        case .all(let parts): return .conjunction(parts.map(compile))
        case .any(let parts): return .disjunction(parts.map(compile))
        // A missing attribute may stand for a value of its own, so nothing is said.
        case .isNil: return .always
        case .exists(let attribute): return exists(attribute)
        case .test(let attribute, let op, let value):
            if attribute.isOfParent { return .always }
            if let intrinsic = attribute.intrinsic { return self.intrinsic(intrinsic, op, value) }
            guard let test = ValueTest(op, value) else { return .always }
            return attributeTest(attribute) {
                test.mayPass(pair: $0, of: columns)
            } service: {
                test.mayPass($0)
            }
        }
    }

    private func exists(_ attribute: Attribute) -> ScanNode {
        if attribute.isOfParent || attribute.intrinsic != nil { return .always }
        return attributeTest(attribute) { _ in
            true
        } service: { _ in
            true
        }
    }

    // MARK: Attributes

    /// The pairs with a key that pass a test.
    func pairs(key: [UInt8], where passes: (Int, SegmentColumns) -> Bool) -> BitSet {
        var found = BitSet(capacity: columns.pairKey.count)
        guard let id = keys.first(where: { columns.bytes($0).elementsEqual(key) }) else { return found }
        var check = CancellationCheck(every: 4096)
        for (pair, other) in columns.pairKey.buffer.enumerated() where other == id {
            if check.isCancelled(after: 1) { break }
            if passes(pair, columns) { found.insert(pair) }
        }
        return found
    }

    private func attributeTest(
        _ attribute: Attribute, _ passes: (Int) -> Bool, service: (UnsafeBufferPointer<UInt8>) -> Bool
    ) -> ScanNode {
        let found = pairs(key: attribute.nameBytes) { pair, _ in passes(pair) }
        var nodes: [ScanNode] = []
        // The service name counts as a resource attribute that every resource has.
        if attribute.nameBytes.elementsEqual("service.name".utf8),
            attribute.scope == .resource || attribute.scope == .none
        {
            nodes.append(resources { service(columns.bytes(columns.resourceServiceName[$0])) })
        }
        guard !found.isEmpty else { return .disjunction(nodes) }
        let scopes: [AttributeScope] =
            attribute.scope == .none
            ? [.span, .resource, .instrumentation, .event, .link] : [attribute.scope]
        for scope in scopes { nodes.append(holding(found, scope)) }
        return .disjunction(nodes)
    }

    /// Spans that have one of the pairs at a level.
    func holding(_ pairs: BitSet, _ scope: AttributeScope) -> ScanNode {
        switch scope {
        case .none: return .always
        case .span: return .pairs(PairSet(pairs))
        case .event: return columns.eventTime.count == 0 ? .never : .eventPairs(PairSet(pairs))
        case .link: return columns.linkSpanID.count == 0 ? .never : .linkPairs(PairSet(pairs))
        case .resource:
            return resources { columns.resourcePairs.buffer($0).contains { pairs.contains(Int($0)) } }
        case .instrumentation:
            return scopes { columns.scopePairs.buffer($0).contains { pairs.contains(Int($0)) } }
        }
    }

    private func resources(where passes: (Int) -> Bool) -> ScanNode {
        Self.set(columns.resourceServiceName.count, where: passes, node: ScanNode.resource)
    }

    private func scopes(where passes: (Int) -> Bool) -> ScanNode {
        Self.set(columns.scopeName.count, where: passes, node: ScanNode.scope)
    }

    private static func set(_ count: Int, where passes: (Int) -> Bool, node: (BitSet) -> ScanNode) -> ScanNode {
        var bits = BitSet(capacity: count)
        var found = 0
        var check = CancellationCheck(every: 4096)
        for number in 0..<count {
            if check.isCancelled(after: 1) { break }
            guard passes(number) else { continue }
            bits.insert(number)
            found += 1
        }
        return found == 0 ? .never : found == count ? .always : node(bits)
    }

    // MARK: Intrinsics

    private func intrinsic(_ intrinsic: Intrinsic, _ op: BinaryOperator, _ value: Static) -> ScanNode {
        switch intrinsic {
        case .name: return strings(op, value, node: ScanNode.name)
        case .statusMessage:
            guard let test = ValueTest(op, value) else { return .always }
            return Self.set(
                columns.detailStatusMessage.count,
                where: { test.mayPass(columns.bytes(columns.detailStatusMessage[$0])) }, node: ScanNode.detail)
        case .instrumentationName: return scopeText(columns.scopeName, op, value)
        case .instrumentationVersion: return scopeText(columns.scopeVersion, op, value)
        case .eventName:
            // Without events the name may count as empty.
            guard let test = ValueTest(op, value), !test.mayPass(UnsafeBufferPointer(start: nil, count: 0)) else {
                return .always
            }
            return columns.eventTime.count == 0 ? .never : strings(op, value, node: ScanNode.eventName)
        case .kind: return numbers(op, value, node: ScanNode.kind)
        case .status: return numbers(op, value, node: ScanNode.statusCode)
        case .duration: return duration(op, value)
        case .spanID: return identifier(op, value).map(ScanNode.spanID) ?? .always
        case .spanParentID: return identifier(op, value).map(ScanNode.parentSpanID) ?? .always
        case .traceID: return trace(op, value)
        case .nestedSetParent: return rootTest(op, value) ? .isRoot : .always
        case .linkTraceID, .linkSpanID, .eventTimeSinceStart, .spanChildCount, .traceDuration, .traceRootName,
            .traceRootService, .nestedSetLeft, .nestedSetRight, .parent, .spanStartTime, .structuralDescendant,
            .structuralChild, .structuralSibling:
            return .always
        }
    }

    private func strings(_ op: BinaryOperator, _ value: Static, node: (BitSet) -> ScanNode) -> ScanNode {
        guard let test = ValueTest(op, value) else { return .always }
        // Only what is a name is tested: a dictionary holds much else.
        var used = BitSet(capacity: columns.strings.count)
        for name in columns.name.buffer { used.insert(Int(name)) }
        for name in columns.eventName.buffer { used.insert(Int(name)) }
        var bits = BitSet(capacity: columns.strings.count)
        var check = CancellationCheck(every: 4096)
        for name in used.numbers {
            if check.isCancelled(after: 1) { break }
            if test.mayPass(columns.bytes(UInt32(truncatingIfNeeded: name))) { bits.insert(name) }
        }
        return bits.isEmpty ? .never : node(bits)
    }

    private func scopeText(_ column: Column<UInt32>, _ op: BinaryOperator, _ value: Static) -> ScanNode {
        guard let test = ValueTest(op, value), case .string = value else { return .always }
        return scopes { test.mayPass(columns.bytes(column[$0])) }
    }

    /// Kinds and status codes; numbers without a name pass.
    private func numbers(_ op: BinaryOperator, _ value: Static, node: (BitSet) -> ScanNode) -> ScanNode {
        let wanted: Int
        let known: Int
        switch value {
        case .kind(let kind): (wanted, known) = (Int(SpanNumbers.number(kind)), SpanNumbers.kinds.count)
        case .status(let status): (wanted, known) = (Int(SpanNumbers.number(status)), SpanNumbers.statuses.count)
        default: return .always
        }
        var bits = BitSet(capacity: 256)
        for number in known..<256 { bits.insert(number) }
        switch op {
        case .equal: bits.insert(wanted)
        case .notEqual: for number in 0..<known where number != wanted { bits.insert(number) }
        default: return .always
        }
        return node(bits)
    }

    private func duration(_ op: BinaryOperator, _ value: Static) -> ScanNode {
        let least: Int64
        let greatest: Int64
        switch value {
        case .duration(let number), .int(let number): (least, greatest) = (number, number)
        case .float(let number):
            guard abs(number) < 9e18 else { return .always }
            (least, greatest) = (Int64(number.rounded(.down)), Int64(number.rounded(.up)))
        default: return .always
        }
        switch op {
        case .greater, .greaterOrEqual: return .duration(UInt64(max(0, least))...UInt64.max)
        case .less, .lessOrEqual: return .duration(0...UInt64(max(0, greatest)))
        case .equal: return .duration(UInt64(max(0, least))...UInt64(max(0, greatest)))
        default: return .always
        }
    }

    /// What an id equals; nil when the test is another one. Upper case and missing zeros do not matter.
    private func identifier(_ op: BinaryOperator, _ value: Static) -> [UInt64]? {
        guard op == .equal, case .string(let text) = value else { return nil }
        guard let id = HexID(text), id.high == 0 else { return [] }
        return [id.low]
    }

    private func trace(_ op: BinaryOperator, _ value: Static) -> ScanNode {
        guard op == .equal, case .string(let text) = value else { return .always }
        guard let id = HexID(text), let trace = view.traces.find(TraceID(high: id.high, low: id.low)) else {
            return .never
        }
        var bits = BitSet(capacity: view.traces.count)
        bits.insert(trace)
        return .trace(bits)
    }

    /// Whether a test of `nestedSetParent` holds for roots only, which have -1; others have 0 or more.
    private func rootTest(_ op: BinaryOperator, _ value: Static) -> Bool {
        guard case .int(let number) = value else { return false }
        switch op {
        case .equal, .lessOrEqual: return number < 0
        case .less: return number <= 0
        default: return false
        }
    }
}

/// Hexadecimal digits of an id, of up to 32.
private struct HexID {
    var high: UInt64 = 0
    var low: UInt64 = 0

    init?(_ text: [UInt8]) {
        let digits = text.drop { $0 == UInt8(ascii: "0") }
        guard digits.count <= 32 else { return nil }
        for byte in digits {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            high = high << 4 | low >> 60
            low = low << 4 | UInt64(digit)
        }
    }
}
