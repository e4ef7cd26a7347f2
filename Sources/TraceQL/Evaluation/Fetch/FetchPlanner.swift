/// Makes the plan of what to load from the conditions of a query.
struct FetchPlanner {
    private(set) var plan = FetchPlan()
    private(set) var projection = Projection()
    private(set) var table = TestTable()
    private var places: [ValueSource: Int] = [:]
    /// Tests written for attributes, by level.
    private var attributeTests: [ValueSource.Level: [(literal: Static, test: Int)]] = [:]
    private var attributeLoads: Set<ValueSource.Level> = []

    /// More different attributes than this do not fit into a table row of reasonable size.
    static let maxAttributes = 128

    /// Whether attributes without scope are looked for in instrumentation scopes too.
    private let isFull: Bool

    init(_ conditions: FetchConditions, isFull: Bool = false) throws(SearchEvaluator.Failure) {
        self.isFull = isFull
        plan.isConjunction = conditions.allConditions
        var hasTraceCondition = false
        var hasOptional = false
        for condition in conditions.conditions {
            if condition.isOptional { hasOptional = true }
            let attribute = condition.attribute
            if attribute.intrinsic == .spanStartTime {
                plan.loadsStart = true
                continue
            }
            if attribute.intrinsic?.level == .trace { hasTraceCondition = true }
            try IntrinsicLiteral.check(condition)
            let sources = self.sources(of: attribute)
            if attribute.intrinsic == nil && attribute.scope == .none { plan.isConjunction = false }
            for source in sources { try add(condition, source) }
        }
        let hasConditions = !conditions.conditions.isEmpty
        plan.seesAllSpans =
            !plan.isConjunction && (!hasConditions || hasTraceCondition || hasOptional || plan.loadsStart)
        finish()
        try checkSize()
    }

    /// Throws once the query names too many attributes.
    func checkSize() throws(SearchEvaluator.Failure) {
        let count =
            plan.spanWidth + plan.resource.entries.count + plan.scope.entries.count + projection.span.count
            + projection.resource.count + projection.event.count + projection.link.count
        guard count <= Self.maxAttributes * 2 else {
            throw SearchEvaluator.Failure(
                description:
                    "query names too many attributes: at most \(Self.maxAttributes) different ones are evaluated")
        }
    }

    // MARK: - Sources

    /// Where an attribute's values are: that of the span and that of the resource if it has no scope.
    mutating func sources(of attribute: Attribute) -> [ValueSource] {
        if let intrinsic = attribute.intrinsic { return source(of: intrinsic).map { [$0] } ?? [] }
        let key = attribute.nameBytes
        switch attribute.scope {
        case .none:
            let span = attributeSource(.span, projection.slot(key, \.span))
            let resource = attributeSource(.resource, projection.slot(key, \.resource))
            if !isFull { return [span, resource] }
            return [span, resource, attributeSource(.scope, projection.slot(key, \.scope))]
        case .span: return [attributeSource(.span, projection.slot(key, \.span))]
        case .resource: return [attributeSource(.resource, projection.slot(key, \.resource))]
        case .instrumentation: return [attributeSource(.scope, projection.slot(key, \.scope))]
        case .event:
            projection.needsEvents = true
            return [attributeSource(.event, projection.slot(key, \.event))]
        case .link:
            projection.needsLinks = true
            return [attributeSource(.link, projection.slot(key, \.link))]
        }
    }

    private func attributeSource(_ level: ValueSource.Level, _ slot: Int) -> ValueSource {
        ValueSource(level: level, slot: Int32(truncatingIfNeeded: slot), intrinsic: nil)
    }

    private mutating func source(of intrinsic: Intrinsic) -> ValueSource? {
        let level: ValueSource.Level
        switch intrinsic {
        case .duration, .name, .status, .kind, .spanID, .spanParentID: level = .span
        case .statusMessage:
            projection.needsStatusMessages = true
            level = .span
        case .spanChildCount, .nestedSetLeft, .nestedSetRight, .nestedSetParent:
            projection.needsTree = true
            plan.needsTree = true
            level = .span
        case .traceDuration, .traceRootName, .traceRootService, .traceID: level = .trace
        case .eventName, .eventTimeSinceStart:
            projection.needsEvents = true
            level = .event
        case .linkTraceID, .linkSpanID:
            projection.needsLinks = true
            level = .link
        case .instrumentationName, .instrumentationVersion:
            projection.needsScopeNames = true
            level = .scope
        case .parent, .spanStartTime, .structuralDescendant, .structuralChild, .structuralSibling: return nil
        }
        return ValueSource(level: level, slot: -1, intrinsic: intrinsic)
    }

    /// Spanset operators need the tree.
    mutating func needTree() { projection.needsTree = true }

    /// The query wants all attributes.
    mutating func needEverything() { projection.needsEverything = true }

    /// The number of a test, for expressions.
    mutating func test(
        _ op: BinaryOperator, _ literal: Static, for subject: TestTable.Subject
    ) throws(SearchEvaluator.Failure) -> Int {
        do {
            return try table.add(op, literal, for: subject)
        } catch {
            throw SearchEvaluator.Failure(
                description: error.isUnsupported ? "\(error)" : "invalid regex: \(literal.text(.tempo))")
        }
    }

    // MARK: - Conditions

    private mutating func add(
        _ condition: FetchConditions.Condition, _ source: ValueSource
    ) throws(SearchEvaluator.Failure) {
        let name = condition.attribute.intrinsic.map { Array($0.text.utf8) } ?? condition.attribute.nameBytes
        var test: Int?
        if case .compare(let op, let literal) = condition.test {
            test = try self.test(op, literal, for: source.subject)
        }
        let isOptional = condition.isOptional
        var isAttributeTest = source.slot >= 0 && !isOptional
        withEntry(source, name) { entry in
            switch condition.test {
            case .isNil:
                entry.testsNil = true
                isAttributeTest = false
                if !isOptional { entry.requiresNil = true }
            case .load, .exists:
                if entry.isServiceName { isAttributeTest = false }
                if isOptional {
                    entry.isLoadedOptionally = true
                } else {
                    entry.isLoaded = true
                    entry.isRequired = true
                    if case .exists = condition.test { entry.isTested = true }
                }
            case .compare(_, let literal):
                if isOptional {
                    entry.isLoadedOptionally = true
                } else {
                    entry.isRequired = true
                    entry.isTested = true
                    let isText = literal.type.element == .string
                    if let test, !entry.isServiceName || isText { entry.tests.append(test) }
                    if entry.isServiceName && isText { isAttributeTest = false }
                }
            }
        }
        guard isAttributeTest else { return }
        if case .compare(_, let literal) = condition.test, let test {
            attributeTests[source.level, default: []].append((literal, test))
        } else {
            attributeLoads.insert(source.level)
        }
    }

    private mutating func withEntry(_ source: ValueSource, _ name: [UInt8], _ body: (inout FetchEntry) -> Void) {
        func change(_ level: inout LevelPlan, _ places: inout [ValueSource: Int]) {
            let place: Int
            if let known = places[source] {
                place = known
            } else {
                place = level.entries.count
                places[source] = place
                level.entries.append(FetchEntry(source: source, name: name))
            }
            body(&level.entries[place])
        }
        switch source.level {
        case .span: change(&plan.span, &places)
        case .event: change(&plan.event, &places)
        case .link: change(&plan.link, &places)
        case .resource: change(&plan.resource, &places)
        case .scope: change(&plan.scope, &places)
        case .trace: change(&plan.trace, &places)
        }
    }

    // MARK: - Levels

    private mutating func finish() {
        plan.span = finished(plan.span, .span)
        plan.event = finished(plan.event, .event)
        plan.link = finished(plan.link, .link)
        plan.resource = finished(plan.resource, .resource)
        plan.scope = finished(plan.scope, .scope)
        plan.trace = finished(plan.trace, .trace)
    }

    private mutating func finished(_ level: LevelPlan, _ kind: ValueSource.Level) -> LevelPlan {
        var level = level
        // Attributes first, in the order they were asked for: what is looked up finds them before intrinsics.
        level.entries = level.entries.filter(\.isAttribute) + level.entries.filter { !$0.isAttribute }
        let tests = attributeTests[kind] ?? []
        if attributeLoads.contains(kind) {
            level.filter = LevelFilter(ints: .open, floats: .open, strings: .open, booleans: .open)
        } else {
            func own(_ type: StaticType) -> [Int] { tests.filter { $0.literal.type.element == type }.map(\.test) }
            level.filter.ints = filter(own(.int))
            level.filter.floats = filter(own(.float))
            level.filter.booleans = filter(own(.boolean))
            let strings = own(.string)
            if !strings.isEmpty {
                level.filter.strings = .stringTest(Int32(truncatingIfNeeded: table.anyString(strings)))
            }
        }
        level.openTypes = level.filter.openTypes
        level.requiredNames = level.entries.count { ($0.isRequired || $0.requiresNil) && $0.isAttribute }
        level.requiresAttribute = level.entries.contains { $0.isRequired && $0.isAttribute && !$0.isServiceName }
        return level
    }
}

extension FetchPlanner {
    private mutating func filter(_ tests: [Int]) -> TypeFilter {
        if tests.isEmpty { return .closed }
        let first = plan.filterTests.count
        plan.filterTests += tests.map { Int32(truncatingIfNeeded: $0) }
        return .tests(first: Int32(truncatingIfNeeded: first), count: Int32(truncatingIfNeeded: tests.count))
    }

    /// What is done at every row of a level.
    mutating func loadLevel(_ level: ValueSource.Level) -> LoadLevel {
        let plan = self.plan.plan(level)
        var result = LoadLevel()
        result.filter = plan.filter
        result.openTypes = plan.openTypes
        result.requiredNames = plan.requiredNames
        result.requiresAttribute = plan.requiresAttribute
        for entry in plan.entries {
            let first = self.plan.filterTests.count
            self.plan.filterTests += entry.tests.map { Int32(truncatingIfNeeded: $0) }
            result.steps.append(
                LoadStep(
                    source: entry.source, firstTest: Int32(truncatingIfNeeded: first),
                    testCount: Int32(truncatingIfNeeded: entry.tests.count), isLoaded: entry.isLoaded,
                    isLoadedOptionally: entry.isLoadedOptionally, isRequired: entry.isRequired,
                    testsNil: entry.testsNil, requiresNil: entry.requiresNil, isTested: entry.isTested,
                    isServiceName: entry.isServiceName))
        }
        let required = result.steps.filter { $0.isRequired || $0.requiresNil }
        result.requiresRow = required.contains { $0.source.slot >= 0 || $0.isTested }
        result.requiredValues = required.count
        return result
    }
}

extension ValueSource {
    /// What literals that the value is compared to mean.
    var subject: TestTable.Subject {
        switch intrinsic {
        case .spanID, .spanParentID, .linkSpanID: .spanID
        case .traceID, .linkTraceID: .traceID
        default: .value
        }
    }
}

/// What Tempo's storage refuses to compare an intrinsic with.
enum IntrinsicLiteral {
    /// Throws Tempo's text.
    static func check(_ condition: FetchConditions.Condition) throws(SearchEvaluator.Failure) {
        guard let intrinsic = condition.attribute.intrinsic, case .compare(let op, let literal) = condition.test else {
            return
        }
        let iterator: String
        switch intrinsic.level {
        case .trace: iterator = ""
        case .event: iterator = "creating event iterator: "
        case .link: iterator = "creating link iterator: "
        case .instrumentation: iterator = "creating scope iterator: "
        case .span, .tree: iterator = "creating span iterator: "
        }
        let reason: String
        switch intrinsic {
        case .spanChildCount, .nestedSetLeft, .nestedSetRight, .nestedSetParent, .eventTimeSinceStart:
            guard case .float = literal.type.element else { return }
            reason = "operand is not int, int array, duration, status or kind: "
        case .instrumentationName, .instrumentationVersion:
            if case .string = literal.type.element { return }
            reason = "operand is not a string or string array: "
        case .spanID, .spanParentID, .traceID, .linkTraceID, .linkSpanID:
            guard case .string(let text) = literal, IDText.isHex(text), op.isOrdering else { return }
            throw failure(iterator, "operator not supported for IDs: \(op.text)")
        default: return
        }
        throw failure(iterator, reason + literal.text(.tempo))
    }

    private static func failure(_ iterator: String, _ reason: String) -> SearchEvaluator.Failure {
        SearchEvaluator.Failure(description: "creating fetch iter: error creating iterator: \(iterator)\(reason)")
    }
}

extension BinaryOperator {
    /// `< <= > >=`
    var isOrdering: Bool {
        switch self {
        case .less, .lessOrEqual, .greater, .greaterOrEqual: true
        default: false
        }
    }
}
