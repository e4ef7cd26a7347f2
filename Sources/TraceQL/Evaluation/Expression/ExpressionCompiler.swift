/// Turns expressions into nodes that read loaded values.
struct ExpressionCompiler {
    private(set) var planner: FetchPlanner
    private let plan: FetchPlan
    private(set) var nodes: ContiguousArray<ExpressionNode> = []
    private(set) var places: ContiguousArray<LoadedPlace> = []
    private(set) var steps: ContiguousArray<ExpressionStep> = []
    /// String literals that stand as values; the first is the empty string.
    private(set) var literals: [[UInt8]] = [[]]

    /// Whether attributes are found by their presence alone and nil is what has no value, as in a trace filter.
    private let isFull: Bool

    init(_ planner: FetchPlanner, isFull: Bool) {
        self.planner = planner
        self.isFull = isFull
        plan = planner.plan
    }

    private mutating func add(_ node: ExpressionNode) -> Int32 {
        nodes.append(node)
        return Int32(truncatingIfNeeded: nodes.count - 1)
    }

    /// The number of the node for an expression.
    mutating func compile(_ expression: FieldExpression) throws(SearchEvaluator.Failure) -> Int32 {
        switch expression.kind {
        case .literal(let value): return add(.value(operand(value)))
        case .attribute(let attribute): return lookup(attribute)
        case .unary(let op, let operand):
            let node = try compile(operand)
            switch op {
            case .not: return add(.not(node))
            case .negate: return add(.negate(node))
            }
        case .nilTest(.exists, let operand): return add(.exists(try compile(operand)))
        case .nilTest(.isNil, let operand) where isFull: return add(.not(add(.exists(try compile(operand)))))
        case .nilTest(.isNil, let operand):
            guard let attribute = operand.attribute else { return add(.never(try compile(operand))) }
            let first = places.count
            if attribute.scope == .none, attribute.intrinsic == nil {
                for level in [plan.span, plan.resource] {
                    let row: LoadedPlace.Row = places.count == first ? .span : .resource
                    if let index = level.entries.firstIndex(where: {
                        $0.isAttribute && $0.name == attribute.nameBytes
                    }) {
                        places.append(LoadedPlace(row: row, index: Int32(truncatingIfNeeded: index)))
                    }
                }
            } else {
                places += entries(exactly: attribute)
            }
            return add(
                .isMissing(
                    first: Int32(truncatingIfNeeded: first), count: Int32(truncatingIfNeeded: places.count - first)))
        case .binary(let op, let lhs, let rhs): return try compile(op, lhs, rhs)
        case .logical(let chain): return try compile(chain)
        }
    }

    private mutating func compile(
        _ op: BinaryOperator, _ lhs: FieldExpression, _ rhs: FieldExpression
    ) throws(SearchEvaluator.Failure) -> Int32 {
        if !op.isArithmetic {
            if let literal = rhs.literal {
                let node = try compile(lhs)
                return add(.test(node, try test(op, literal, lhs)))
            }
            if let literal = lhs.literal, let mirrored = op.mirrored {
                let node = try compile(rhs)
                return add(.test(node, try test(mirrored, literal, rhs)))
            }
        }
        let left = try compile(lhs)
        return add(.binary(op, left, try compile(rhs)))
    }

    private mutating func test(
        _ op: BinaryOperator, _ literal: Static, _ operand: FieldExpression
    ) throws(SearchEvaluator.Failure) -> Int32 {
        var subject = TestTable.Subject.value
        switch operand.attribute?.intrinsic {
        case .spanID, .spanParentID, .linkSpanID: subject = .spanID
        case .traceID, .linkTraceID: subject = .traceID
        default: break
        }
        return Int32(truncatingIfNeeded: try planner.test(op, literal, for: subject))
    }

    private mutating func compile(_ chain: LogicalChain) throws(SearchEvaluator.Failure) -> Int32 {
        let head = try compile(chain.first)
        var own: [ExpressionStep] = []
        own.reserveCapacity(chain.rest.count)
        for step in chain.rest {
            let node = try compile(step.operand)
            own.append(ExpressionStep(isAnd: step.isAnd, operand: node, isTruth: isTruth(node)))
        }
        let first = steps.count
        steps += own
        return add(
            .chain(head, first: Int32(truncatingIfNeeded: first), count: Int32(truncatingIfNeeded: own.count)))
    }

    /// Whether a node gives a truth value for every span, so that it need not be evaluated when it cannot matter.
    private func isTruth(_ node: Int32) -> Bool {
        switch nodes[Int(node)] {
        case .value(.boolean), .isMissing: return true
        case .test(let operand, _), .exists(let operand), .never(let operand): return cannotFail(operand)
        case .chain(let head, let first, let count):
            guard isTruth(head) else { return false }
            return steps[Int(first)..<Int(first) + Int(count)].allSatisfy(\.isTruth)
        case .value, .lookup, .spanEntry, .binary, .not, .negate: return false
        }
    }

    private func cannotFail(_ node: Int32) -> Bool {
        switch nodes[Int(node)] {
        case .value, .lookup, .spanEntry, .isMissing: true
        default: isTruth(node)
        }
    }

    private mutating func operand(_ value: Static) -> LoadedValue {
        switch value {
        case .int(let value): return .int(value)
        case .float(let value): return .float(value)
        case .string(let bytes):
            let index = literals.firstIndex(of: bytes) ?? literals.count
            if index == literals.count { literals.append(bytes) }
            return .string(StringRef(StringMemory.ownBase &+ UInt32(truncatingIfNeeded: index)))
        case .boolean(let value): return .boolean(value)
        case .duration(let value): return .duration(value)
        case .status(let value): return .status(value.code)
        case .kind(let value): return .kind(value.code)
        case .null, .intArray, .floatArray, .stringArray, .booleanArray: return .null
        }
    }

    // MARK: - Looking up

    private mutating func lookup(_ attribute: Attribute) -> Int32 {
        let found = placesOf(attribute)
        if found.count == 1, found[0].row == .span { return add(.spanEntry(found[0].index)) }
        let first = places.count
        places += found
        return add(
            .lookup(first: Int32(truncatingIfNeeded: first), count: Int32(truncatingIfNeeded: found.count)))
    }

    /// A scoped attribute is found as itself only. An unscoped one is the first entry of its name in span, resource, event,
    /// link and scope, and an intrinsic that has no entry is looked for by its text in the same way.
    private func placesOf(_ attribute: Attribute) -> [LoadedPlace] {
        if attribute.intrinsic == nil && attribute.scope != .none || isFull && attribute.intrinsic != nil {
            return entries(exactly: attribute)
        }
        var found: [LoadedPlace] = []
        let name = attribute.intrinsic.map { Array($0.text.utf8) } ?? attribute.nameBytes
        if attribute.intrinsic != nil {
            found = entries(exactly: attribute)
            // What is loaded for every span needs no second place.
            if entry(of: attribute)?.isAlwaysThere ?? false { return found }
        }
        let own = found
        let levels: [ValueSource.Level] =
            isFull ? [.span, .resource, .scope] : [.span, .resource, .event, .link, .scope]
        for level in levels {
            for (index, entry) in plan.plan(level).entries.enumerated()
            where entry.name == name && (entry.isAttribute || !isFull) {
                let place = self.place(level, index)
                if !own.contains(where: { $0.row == place.row && $0.index == place.index }) { found.append(place) }
            }
        }
        return found
    }

    private func entry(of attribute: Attribute) -> FetchEntry? {
        for level in ValueSource.Level.all {
            if let entry = plan.plan(level).entries.first(where: { Self.isExact($0, level, attribute) }) {
                return entry
            }
        }
        return nil
    }

    private func entries(exactly attribute: Attribute) -> [LoadedPlace] {
        var found: [LoadedPlace] = []
        for level in ValueSource.Level.all {
            for (index, entry) in plan.plan(level).entries.enumerated() where Self.isExact(entry, level, attribute) {
                found.append(place(level, index))
            }
        }
        return found
    }

    private static func isExact(_ entry: FetchEntry, _ level: ValueSource.Level, _ attribute: Attribute) -> Bool {
        if let intrinsic = attribute.intrinsic { return entry.source.intrinsic == intrinsic }
        guard entry.isAttribute, entry.name == attribute.nameBytes else { return false }
        switch (attribute.scope, level) {
        case (.span, .span), (.resource, .resource), (.event, .event), (.link, .link), (.instrumentation, .scope):
            return true
        default: return false
        }
    }

    private func place(_ level: ValueSource.Level, _ index: Int) -> LoadedPlace {
        let row: LoadedPlace.Row
        var index = index
        switch level {
        case .span: row = .span
        case .event:
            row = .span
            index += plan.span.entries.count
        case .link:
            row = .span
            index += plan.span.entries.count + plan.event.entries.count
        case .resource: row = .resource
        case .scope: row = .scope
        case .trace: row = .trace
        }
        return LoadedPlace(row: row, index: Int32(truncatingIfNeeded: index))
    }
}

extension ValueSource.Level {
    static let all: [ValueSource.Level] = [.span, .trace, .event, .link, .scope, .resource]
}

extension FetchEntry {
    /// Whether every span (or its trace or scope) has the value loaded.
    fileprivate var isAlwaysThere: Bool {
        guard isLoaded || isLoadedOptionally else { return false }
        switch source.level {
        case .span, .trace, .scope: return !isAttribute
        case .event, .link, .resource: return false
        }
    }
}
