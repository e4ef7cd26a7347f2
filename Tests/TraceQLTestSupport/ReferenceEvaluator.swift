package import TestSupport
package import TraceQL

/// Evaluates a query over one trace, straight from the language page and without a thought for speed: to compare with
/// `SearchEvaluator`. Departures from Tempo are those of row 21 of DEPARTURES.md.
package struct ReferenceEvaluator {
    package struct Spanset: Hashable {
        /// Indexes into the spans, in evaluated order as far as the language page tells it.
        package var spans: [Int]
        package var attributes: [String: Static]
        /// The keys among `attributes` that come from `by(...)`.
        package var groupKeys: Set<String>
    }

    /// A loaded value: nil is an entry without value, the marker says that there is no such key.
    fileprivate enum Loaded: Equatable {
        case value(Static)
        case marker
    }

    fileprivate struct Entry {
        var scope: AttributeScope
        var name: [UInt8]
        var intrinsic: Intrinsic?
        var value: Loaded
    }

    private enum Level: CaseIterable { case span, resource, instrumentation, event, link, trace }

    private let query: Query
    private let spans: [SpanModel]
    private let traceID: [UInt8]
    private let tree: ReferenceTree
    private let conditions: ReferenceConditions
    /// Whether all conditions hold for a span, once unscoped ones are sorted to their levels.
    private let all: Bool
    private let levels: [Level: [ReferenceConditions.Condition]]
    /// What each span that reaches the expressions has loaded; nil for the others.
    private var loaded: [[Level: [Entry]]?] = []
    private let rootName: [UInt8]
    private let rootService: [UInt8]
    private let traceDuration: Int64

    package init(_ query: Query, _ trace: TraceModel) {
        self.init(query, storedOrder: trace.storedOrder, traceID: trace.id)
    }

    package init(_ query: Query, storedOrder: [SpanModel], traceID: [UInt8]) {
        self.query = query.orToIn().query
        self.traceID = traceID
        spans = storedOrder
        tree = ReferenceTree(spans)
        conditions = ReferenceConditions(self.query.pipelines[0])
        var all = conditions.all
        var levels: [Level: [ReferenceConditions.Condition]] = [:]
        for condition in conditions.list {
            let attribute = condition.attribute
            if let intrinsic = attribute.intrinsic {
                switch intrinsic.level {
                case .span, .tree: levels[.span, default: []].append(condition)
                case .trace: levels[.trace, default: []].append(condition)
                case .event: levels[.event, default: []].append(condition)
                case .link: levels[.link, default: []].append(condition)
                case .instrumentation: levels[.instrumentation, default: []].append(condition)
                }
                continue
            }
            switch attribute.scope {
            case .none:
                levels[.span, default: []].append(condition)
                levels[.resource, default: []].append(condition)
                all = false
            case .span: levels[.span, default: []].append(condition)
            case .resource: levels[.resource, default: []].append(condition)
            case .instrumentation: levels[.instrumentation, default: []].append(condition)
            case .event: levels[.event, default: []].append(condition)
            case .link: levels[.link, default: []].append(condition)
            }
        }
        self.all = all
        self.levels = levels
        let root = spans.last { span in
            span.parentID.isEmpty
                && !span.links.contains { link in
                    link.traceID == traceID
                        && link.attributes.contains {
                            $0.key == "opentracing.ref_type" && $0.value == .string("child_of")
                        }
                }
        }
        rootName = Array((root?.name ?? "").utf8)
        rootService = Array((root?.serviceName ?? "").utf8)
        let start = spans.map(\.startUnixNano).min() ?? 0
        let end = spans.map { $0.startUnixNano &+ $0.durationNanos }.max() ?? 0
        traceDuration = Int64(bitPattern: end &- start)
        loaded = spans.indices.map { load($0) }
    }

    // MARK: - Loading

    private func load(_ index: Int) -> [Level: [Entry]]? {
        let span = spans[index]
        var result: [Level: [Entry]] = [:]
        var alwaysThere = 0

        // The trace.
        for condition in levels[.trace] ?? [] {
            guard let intrinsic = condition.attribute.intrinsic else { continue }
            let value: Static =
                switch intrinsic {
                case .traceDuration: .duration(traceDuration)
                case .traceRootName: .string(rootName)
                case .traceRootService: .string(rootService)
                default: .string(Self.traceIDText(traceID))
                }
            if passes(condition, value) {
                result[.trace, default: []].append(Entry(intrinsic, value))
            } else if all && !condition.isOptional {
                return nil
            }
        }

        // The span.
        guard let own = loadKeys(.span, span.attributes, scope: .span) else { return nil }
        result[.span] = own
        var columns: [Intrinsic] = []
        for condition in levels[.span] ?? [] {
            guard let intrinsic = condition.attribute.intrinsic, !columns.contains(intrinsic) else { continue }
            columns.append(intrinsic)
            guard intrinsic != .spanStartTime else {
                alwaysThere = 1
                continue
            }
            let value = column(intrinsic, index)
            let asked = (levels[.span] ?? []).filter { $0.attribute.intrinsic == intrinsic }
            if asked.contains(where: { passes($0, value) }) {
                result[.span, default: []].append(Entry(intrinsic, value))
            } else if all && !asked.allSatisfy(\.isOptional) {
                return nil
            }
        }

        // The resource, with the service name apart.
        guard var resource = loadKeys(.resource, span.resource, scope: .resource) else { return nil }
        let service = Static.string(Array(span.serviceName.utf8))
        for condition in levels[.resource] ?? [] where isServiceName(condition) {
            if passes(condition, service) {
                resource.append(Entry(.resource, Array("service.name".utf8), service))
            } else if all && !condition.isOptional {
                return nil
            }
        }
        result[.resource] = resource

        // The instrumentation scope.
        guard var scope = loadKeys(.instrumentation, span.scope?.attributes ?? [], scope: .instrumentation) else {
            return nil
        }
        for condition in levels[.instrumentation] ?? [] {
            guard let intrinsic = condition.attribute.intrinsic else { continue }
            let text = intrinsic == .instrumentationName ? span.scope?.name : span.scope?.version
            let value = Static.string(Array((text ?? "").utf8))
            if passes(condition, value) {
                scope.append(Entry(intrinsic, value))
            } else if all && !condition.isOptional {
                return nil
            }
        }
        result[.instrumentation] = scope

        // Events and links.
        guard
            let events = loadRows(
                .event,
                span.events.map { event in
                    (
                        event.attributes,
                        { intrinsic in
                            intrinsic == .eventName
                                ? .string(Array(event.name.utf8))
                                : .duration(Int64(bitPattern: event.timeUnixNano &- span.startUnixNano))
                        }
                    )
                }, scope: .event,
                missing: { $0 == .eventName ? .string([]) : .duration(0) }),
            let links = loadRows(
                .link,
                span.links.map { link in
                    (
                        link.attributes,
                        { intrinsic in
                            intrinsic == .linkTraceID
                                ? .string(Self.traceIDText(link.traceID)) : .string(Array(link.spanID.hex.utf8))
                        }
                    )
                }, scope: .link,
                missing: { $0 == .linkTraceID ? .string([]) : .string(Array("0000000000000000".utf8)) })
        else { return nil }
        result[.event] = events
        result[.link] = links

        return reaches(result, alwaysThere) ? result : nil
    }

    private func isServiceName(_ condition: ReferenceConditions.Condition) -> Bool {
        guard condition.attribute.intrinsic == nil, condition.attribute.name == "service.name", condition.test != .isNil
        else { return false }
        if case .compare(_, let value) = condition.test { return value.type == .string || value.type == .stringArray }
        return true
    }

    /// Whether what was loaded is enough for a span to be looked at.
    private func reaches(_ result: [Level: [Entry]], _ alwaysThere: Int) -> Bool {
        func isNumbering(_ intrinsic: Intrinsic?) -> Bool {
            intrinsic == .nestedSetLeft || intrinsic == .nestedSetRight || intrinsic == .nestedSetParent
        }
        func values(_ level: Level) -> Int {
            (result[level] ?? []).filter { entry in
                if isNumbering(entry.intrinsic) { return all || entry.value != .value(.int(0)) }
                return entry.value != .value(.null)
            }.count
        }
        func names(_ level: Level) -> Int {
            Set((levels[level] ?? []).filter { !$0.isOptional }.map(\.attribute)).count
        }
        let count = values(.span) + values(.event) + values(.link) + alwaysThere
        if all {
            return count >= names(.span) && (result[.resource] ?? []).count >= names(.resource)
                && (result[.instrumentation] ?? []).count >= names(.instrumentation)
        }
        guard !conditions.list.isEmpty, levels[.trace, default: []].isEmpty,
            !conditions.list.contains(where: \.isOptional)
        else { return true }
        return count + values(.resource) + values(.instrumentation) > 0
    }

    /// The key/value part of one row; nil when it fails a condition that has to hold.
    private func loadKeys(_ level: Level, _ attributes: [AttributeModel], scope: AttributeScope) -> [Entry]? {
        let asked = (levels[level] ?? []).filter { condition in
            condition.attribute.intrinsic == nil && !(level == .resource && isServiceName(condition))
        }
        let required = asked.filter { !$0.isOptional && $0.test != .isNil }
        let keys = Set(required.map(\.attribute.nameBytes))
        let wholeKeys = Set(asked.filter { $0.isOptional && $0.test != .isNil }.map(\.attribute.nameBytes))
        // Tests by the type of value they are for, whatever attribute they were written for.
        var tests: [StaticType: [(BinaryOperator, Static)?]] = [:]
        for condition in required {
            switch condition.test {
            case .load, .exists:
                for type in [StaticType.string, .int, .float, .boolean] { tests[type, default: []].append(nil) }
            case .compare(let op, let literal):
                switch literal.type {
                case .string, .int, .float, .boolean: tests[literal.type, default: []].append((op, literal))
                case .stringArray: tests[.string, default: []].append((op, literal))
                case .intArray: tests[.int, default: []].append((op, literal))
                case .floatArray: tests[.float, default: []].append((op, literal))
                case .booleanArray: tests[.boolean, default: []].append((op, literal))
                default: break
                }
            case .isNil: break
            }
        }
        var entries: [Entry] = []
        for attribute in attributes
        where !(level == .resource && attribute.key == "service.name" && isString(attribute)) {
            let name = Array(attribute.key.utf8)
            let value = ReferenceValues.value(attribute.value)
            if wholeKeys.contains(name) {
                entries.append(Entry(scope, name, value))
            } else if keys.contains(name), !tests.isEmpty {
                let kept =
                    value == .null
                    ? []
                    : value.elements.filter { element in
                        (tests[element.type] ?? []).contains { test in
                            guard let (op, literal) = test else { return true }
                            return Self.storageTest(op, element, literal)
                        }
                    }
                if kept.isEmpty && all && tests.count == 1 { continue }
                entries.append(Entry(scope, name, ReferenceValues.join(kept)))
            }
        }
        if all && !keys.isEmpty && !tests.isEmpty && !entries.contains(where: { keys.contains($0.name) }) { return nil }
        for condition in asked where condition.test == .isNil {
            let name = condition.attribute.nameBytes
            if !attributes.contains(where: { Array($0.key.utf8) == name }) {
                entries.append(Entry(scope: scope, name: name, intrinsic: nil, value: .marker))
            } else if all && !condition.isOptional && condition.attribute.scope != .none {
                return nil
            }
        }
        return entries
    }

    private func isString(_ attribute: AttributeModel) -> Bool {
        if case .string = attribute.value { true } else { false }
    }

    /// Whether a stored value passes, the operators on lists included.
    private static func storageTest(_ op: BinaryOperator, _ value: Static, _ literal: Static) -> Bool {
        if op == .matchNone {
            // Weaker than its name.
            return literal.elements.contains { (try? ReferenceValues.binary(.notRegex, value, $0)) == .boolean(true) }
        }
        return (try? ReferenceValues.binary(op, value, literal)) == .boolean(true)
    }

    private func passes(_ condition: ReferenceConditions.Condition, _ value: Static) -> Bool {
        guard !condition.isOptional, case .compare(let op, let literal) = condition.test else { return true }
        // Storage compares durations as integers; what it does with fractions comes to the same as comparing numbers,
        // equality apart, which passes everything.
        if case .float(let number) = literal, value.type == .duration, op == .equal || op == .notEqual,
            number != number.rounded(.towardZero)
        {
            return true
        }
        return Self.storageTest(op, value, literal)
    }

    private func loadRows(
        _ level: Level, _ rows: [([AttributeModel], (Intrinsic) -> Static)], scope: AttributeScope,
        missing: (Intrinsic) -> Static
    ) -> [Entry]? {
        let asked = levels[level] ?? []
        guard !asked.isEmpty else { return [] }
        let required = asked.filter { !$0.isOptional }
        var result: [Entry] = []
        var kept = 0
        for (attributes, column) in rows {
            guard var entries = loadKeys(level, attributes, scope: scope) else { continue }
            var isRejected = false
            for condition in asked {
                guard let intrinsic = condition.attribute.intrinsic else { continue }
                let value = column(intrinsic)
                if passes(condition, value) {
                    entries.append(Entry(intrinsic, value))
                } else if all && !condition.isOptional {
                    isRejected = true
                }
            }
            if all
                && (isRejected
                    || entries.filter({ $0.value != .value(.null) }).count < Set(required.map(\.attribute)).count)
            {
                continue
            }
            kept += 1
            result += entries
        }
        if rows.isEmpty {
            // Columns that are only loaded have a value for spans without rows.
            for condition in asked where condition.test == .load {
                if let intrinsic = condition.attribute.intrinsic { result.append(Entry(intrinsic, missing(intrinsic))) }
            }
            if all && result.count < Set(required.map(\.attribute)).count { return nil }
            return result
        }
        return all && kept == 0 && !required.isEmpty ? nil : result
    }

    private func column(_ intrinsic: Intrinsic, _ index: Int) -> Static {
        let span = spans[index]
        switch intrinsic {
        case .name: return .string(Array(span.name.utf8))
        case .statusMessage: return .string(Array(span.statusMessage.utf8))
        case .duration: return .duration(Int64(bitPattern: span.durationNanos))
        case .status: return .status([.unset, .ok, .error][span.status])
        case .kind: return .kind([.unspecified, .internal, .server, .client, .producer, .consumer][span.kind])
        case .spanID: return .string(Array(span.hexID.utf8))
        case .spanParentID:
            return .string(Array((span.parentID.isEmpty ? [UInt8](repeating: 0, count: 8) : span.parentID).hex.utf8))
        case .spanChildCount: return .int(Int64(tree.childCount[index]))
        case .nestedSetLeft: return .int(Int64(tree.left[index]))
        case .nestedSetRight: return .int(Int64(tree.right[index]))
        case .nestedSetParent: return .int(Int64(tree.parentLeft[index]))
        default: return .null
        }
    }

    private static func traceIDText(_ id: [UInt8]) -> [UInt8] {
        Array(Array(id.hex.utf8).drop { $0 == UInt8(ascii: "0") })
    }

    // MARK: - Expressions

    private func lookup(_ attribute: Attribute, _ index: Int) -> Loaded {
        guard let entries = loaded[index] else { return .value(.null) }
        let order: [Level] = [.span, .resource, .event, .link, .instrumentation]
        if let intrinsic = attribute.intrinsic {
            switch intrinsic {
            case .nestedSetLeft, .nestedSetRight, .nestedSetParent:
                for entry in entries[.span] ?? [] where entry.intrinsic == intrinsic { return entry.value }
                return .value(.int(0))
            default: break
            }
            for level in [Level.span, .trace, .event, .link, .instrumentation] {
                for entry in entries[level] ?? [] where entry.intrinsic == intrinsic { return entry.value }
            }
            let name = Array(intrinsic.text.utf8)
            for level in order { for entry in entries[level] ?? [] where entry.name == name { return entry.value } }
            return .value(.null)
        }
        if attribute.scope != .none {
            for level in order {
                for entry in entries[level] ?? []
                where entry.intrinsic == nil && entry.scope == attribute.scope && entry.name == attribute.nameBytes {
                    return entry.value
                }
            }
            return .value(.null)
        }
        var isMissingOnSpan = false
        for level in order {
            for entry in entries[level] ?? [] where entry.name == attribute.nameBytes {
                if entry.value == .marker {
                    if level == .resource && isMissingOnSpan { return .marker }
                    isMissingOnSpan = isMissingOnSpan || level == .span
                    continue
                }
                return entry.value
            }
        }
        return .value(.null)
    }

    private func value(_ expression: FieldExpression, _ index: Int) throws -> Static {
        switch expression.kind {
        case .literal(let value): return value
        case .attribute(let attribute):
            if case .value(let value) = lookup(attribute, index) { return value }
            return .null
        case .unary(let op, let operand): return try ReferenceValues.unary(op, value(operand, index))
        case .nilTest(.isNil, let operand):
            guard let attribute = operand.attribute else {
                _ = try value(operand, index)
                return .boolean(false)
            }
            return .boolean(lookup(attribute, index) == .marker)
        case .nilTest(.exists, let operand): return .boolean(try value(operand, index) != .null)
        case .binary(let op, let lhs, let rhs):
            let left = try value(lhs, index)
            return try ReferenceValues.binary(op, left, value(rhs, index))
        case .logical(let chain):
            var result = try value(chain.first, index)
            for step in chain.rest {
                result = try ReferenceValues.binary(step.binaryOperator, result, value(step.operand, index))
            }
            return result
        }
    }

    // MARK: - Pipelines

    /// The spansets that match.
    package func spansets() -> [Spanset] {
        let reached = spans.indices.filter { loaded[$0] != nil }
        guard !reached.isEmpty else { return [] }
        return run(query.pipelines[0], [Spanset(spans: Array(reached), attributes: [:], groupKeys: [])])
    }

    private func run(_ pipeline: Pipeline, _ input: [Spanset]) -> [Spanset] {
        var sets = input
        for element in pipeline.elements {
            switch element.kind {
            case .spanset(let spanset): sets = sets.flatMap { run(spanset, $0) }
            case .scalarFilter(let filter): sets = sets.compactMap { run(filter, $0) }
            case .group(let expression): sets = sets.flatMap { group($0, by: expression) }
            case .coalesce:
                let spans = sets.flatMap(\.spans)
                sets = spans.isEmpty ? [] : [Spanset(spans: spans, attributes: [:], groupKeys: [])]
            case .select, .aggregate: break
            }
        }
        return sets
    }

    private func run(_ spanset: SpansetExpression, _ input: Spanset) -> [Spanset] {
        switch spanset.kind {
        case .filter(let filter):
            var output = input
            output.spans = input.spans.filter { (try? value(filter.expression, $0)) == .boolean(true) }
            return output.spans.isEmpty ? [] : [output]
        case .wrapped(let pipeline): return run(pipeline, [input])
        case .operation(let op, let lhs, let rhs):
            let leftSets = run(lhs, input)
            let rightSets = run(rhs, input)
            let left = Set(leftSets.flatMap(\.spans))
            let right = Set(rightSets.flatMap(\.spans))
            if op != .and && op != .or && (leftSets.count > 1 || rightSets.count > 1) { return [] }
            var output = input
            output.spans = relate(op, left, right).sorted()
            if op == .or || op == .and, !output.spans.isEmpty {
                // The side with fewer spans first, the right one on a tie.
                let leftOrder = leftSets.flatMap(\.spans)
                let rightOrder = rightSets.flatMap(\.spans)
                let first = leftOrder.count < rightOrder.count ? leftOrder : rightOrder
                let second = leftOrder.count < rightOrder.count ? rightOrder : leftOrder
                output.spans = first + second.filter { !first.contains($0) }
            } else if output.spans.allSatisfy(right.contains) {
                output.spans = rightSets.flatMap(\.spans).filter(output.spans.contains)
            }
            return output.spans.isEmpty ? [] : [output]
        }
    }

    private func relate(_ op: SpansetOperator, _ left: Set<Int>, _ right: Set<Int>) -> Set<Int> {
        func holds(_ x: Int, _ y: Int) -> Bool {
            switch op {
            case .child, .notChild, .unionChild: tree.isChild(y, of: x)
            case .descendant, .notDescendant, .unionDescendant: tree.isDescendant(y, of: x)
            case .parent, .notParent, .unionParent: tree.isChild(x, of: y)
            case .ancestor, .notAncestor, .unionAncestor: tree.isDescendant(x, of: y)
            case .sibling, .notSibling, .unionSibling: tree.isSibling(x, of: y)
            case .and, .or: false
            }
        }
        switch op {
        case .and: return left.isEmpty || right.isEmpty ? [] : left.union(right)
        case .or: return left.union(right)
        default: break
        }
        let related = right.filter { y in left.contains { holds($0, y) } }
        if op.isNegated { return right.subtracting(related) }
        switch op {
        case .unionChild, .unionDescendant, .unionParent, .unionAncestor, .unionSibling:
            return related.union(left.filter { x in right.contains { holds(x, $0) } })
        default: return related
        }
    }

    private func group(_ input: Spanset, by expression: FieldExpression) -> [Spanset] {
        let key = "by(" + String(decoding: tempoText(expression), as: UTF8.self) + ")"
        var groups: [(Static, [Int])] = []
        for span in input.spans {
            guard let value = try? value(expression, span) else { continue }
            if let place = groups.firstIndex(where: { $0.0 == value }) {
                groups[place].1.append(span)
            } else {
                groups.append((value, [span]))
            }
        }
        return groups.map { value, spans in
            var output = input
            output.spans = spans
            output.attributes[key] = value
            output.groupKeys.insert(key)
            return output
        }
    }

    private func run(_ filter: ScalarFilter, _ input: Spanset) -> Spanset? {
        guard case .aggregate(let aggregate) = filter.lhs.kind, case .constant(let bound) = filter.rhs.kind else {
            return nil
        }
        let values: [Static]
        if let argument = aggregate.argument {
            values = input.spans.compactMap { try? value(argument, $0) }.filter { $0 != .null }
        } else {
            values = input.spans.map { _ in .boolean(true) }
        }
        guard let result = ReferenceValues.aggregate(aggregate.function, values) else { return nil }
        guard Self.compares(filter.comparison, result, bound) else { return nil }
        var output = input
        output.attributes[tempoText(aggregate)] = result
        return output
    }

    /// Ordering as floats.
    private static func compares(_ op: BinaryOperator, _ lhs: Static, _ rhs: Static) -> Bool {
        // Lists compare to nothing.
        guard lhs.elements.count == 1 else { return false }
        if op == .equal || op == .notEqual { return (try? ReferenceValues.binary(op, lhs, rhs)) == .boolean(true) }
        guard let x = ReferenceValues.number(lhs), let y = ReferenceValues.number(rhs) else { return false }
        switch op {
        case .less: return x < y
        case .lessOrEqual: return x <= y
        case .greater: return x > y
        case .greaterOrEqual: return x >= y
        default: return false
        }
    }

    private func tempoText(_ expression: FieldExpression) -> [UInt8] {
        let element = PipelineElement(.spanset(SpansetExpression(.filter(SpansetFilter(expression)))))
        return Array(Query(.spansets(Pipeline([element]))).canonicalText(.tempo).dropFirst(2).dropLast(2))
    }

    private func tempoText(_ aggregate: Aggregate) -> String {
        guard let argument = aggregate.argument else { return "count()" }
        return "\(aggregate.function.rawValue)(\(String(decoding: tempoText(argument), as: UTF8.self)))"
    }
}

extension ReferenceEvaluator.Entry {
    fileprivate init(_ intrinsic: Intrinsic, _ value: Static) {
        self.init(scope: .none, name: Array(intrinsic.text.utf8), intrinsic: intrinsic, value: .value(value))
    }

    fileprivate init(_ scope: AttributeScope, _ name: [UInt8], _ value: Static) {
        self.init(scope: scope, name: name, intrinsic: nil, value: .value(value))
    }
}
