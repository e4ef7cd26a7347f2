extension EvaluationState {
    /// Loads the trace and finds the spans that expressions see.
    mutating func load(_ program: Program, _ table: SpanTable) throws(SearchEvaluator.Failure) {
        let count = table.count
        epoch &+= 1
        arena.removeAll(keepingCapacity: true)
        candidates.removeAll(keepingCapacity: true)
        hasTree = false
        if program.plan.needsTree { makeTree(table) }
        guard loadTrace(program, table) || !program.plan.isConjunction else { return }
        prepare(table)
        let width = program.spanWidth
        let missing = count * width - spanRows.count
        if missing > 0 { spanRows.append(contentsOf: repeatElement(.absent, count: missing)) }
        let isConjunction = program.plan.isConjunction
        let seesAll = program.plan.seesAllSpans
        for index in 0..<count {
            try spend()
            let span = table.spans[index]
            let resource = loadedResource(span.resource, program, table)
            let scope = loadedScope(span.scope, program, table)
            var outcome = loadSpan(index, span, program, table)
            var rowValues = 0
            if program.projection.needsEvents && !program.isFull {
                loadRows(index, span, program, table, program.event, isLink: false, &outcome, &rowValues)
            }
            if program.projection.needsLinks && !program.isFull {
                loadRows(index, span, program, table, program.link, isLink: true, &outcome, &rowValues)
            }
            let isSeen: Bool
            if isConjunction {
                isSeen =
                    outcome.passes && outcome.attributeValues + rowValues >= program.span.requiredNames
                    && resourceOutcomes[resource].passes && scopeOutcomes[scope].passes
            } else {
                isSeen =
                    seesAll || outcome.values + rowValues > 0 || resourceOutcomes[resource].values > 0
                    || scopeOutcomes[scope].values > 0
            }
            if isSeen { candidates.append(Int32(truncatingIfNeeded: index)) }
        }
    }

    /// Builds the tree of the trace unless it is there.
    mutating func makeTree(_ table: SpanTable) {
        if !hasTree { tree.build(table.spans) }
        hasTree = true
    }

    // MARK: - Traces

    /// False if the whole trace is out.
    private mutating func loadTrace(_ program: Program, _ table: SpanTable) -> Bool {
        traceRow.removeAll(keepingCapacity: true)
        if program.loadsTrace || !program.trace.steps.isEmpty { summary = TraceExtent(table) }
        guard !program.trace.steps.isEmpty else { return true }
        var outcome = LoadOutcome()
        for step in program.trace.steps {
            let value = column(traceValue(step.source.intrinsic, table), step, program, table, wantsEach: true)
            note(value, step, &outcome)
            traceRow.append(value)
        }
        return outcome.passes
    }

    func traceValue(_ intrinsic: Intrinsic?, _ table: SpanTable) -> LoadedValue {
        switch intrinsic {
        case .traceDuration: .duration(Int64(bitPattern: summary.endUnixNano &- summary.startUnixNano))
        case .traceRootName: .string(summary.rootName ?? StringMemory.empty)
        case .traceRootService: .string(summary.rootServiceName ?? StringMemory.empty)
        case .traceID: .traceID(-1)
        default: .absent
        }
    }

    // MARK: - Resources and scopes

    /// Rows are loaded when the first span of a trace needs them.
    private mutating func prepare(_ table: SpanTable) {
        let resources = table.resourceCount + 1
        if resourceEpochs.count < resources {
            resourceEpochs.append(contentsOf: repeatElement(0, count: resources - resourceEpochs.count))
            resourceOutcomes.append(
                contentsOf: repeatElement(LoadOutcome(), count: resources - resourceOutcomes.count))
        }
        let scopes = table.scopes.count + 1
        if scopeEpochs.count < scopes {
            scopeEpochs.append(contentsOf: repeatElement(0, count: scopes - scopeEpochs.count))
            scopeOutcomes.append(contentsOf: repeatElement(LoadOutcome(), count: scopes - scopeOutcomes.count))
        }
    }

    /// The row for the resource of a span; an unknown one has the row behind the last.
    @inline(__always)
    mutating func loadedResource(_ number: Int32, _ program: Program, _ table: SpanTable) -> Int {
        let index = number >= 0 && Int(number) < table.resourceCount ? Int(number) : table.resourceCount
        if resourceEpochs[index] != epoch { loadResource(index, program, table) }
        return index
    }

    @inline(never)
    private mutating func loadResource(_ index: Int, _ program: Program, _ table: SpanTable) {
        resourceEpochs[index] = epoch
        let level = program.resource
        let start = index * level.steps.count
        Self.makeRoom(&resourceRows, start + level.steps.count)
        var outcome = LoadOutcome()
        for (offset, step) in level.steps.enumerated() {
            let raw =
                index < table.resourceCount ? table.resourceAttributes.value(Int(step.source.slot), index) : .missing
            let value: LoadedValue
            switch raw {
            case .string where step.isServiceName, .missing where step.isServiceName && !step.testsNil:
                var name = LoadedValue.string(StringMemory.empty)
                if case .string(let ref) = raw { name = .string(ref) }
                // Comparisons with anything but strings are about an attribute of that name, which this is not.
                value =
                    step.isLoaded || step.isLoadedOptionally || step.testCount > 0
                    ? column(name, step, program, table, wantsEach: program.plan.isConjunction) : .absent
            default: value = attribute(raw, step, level, program, table)
            }
            note(value, step, &outcome)
            resourceRows[start + offset] = value
        }
        finish(&outcome, level, entriesNeeded: level.requiredNames)
        resourceOutcomes[index] = outcome
    }

    @inline(__always)
    mutating func loadedScope(_ number: Int32, _ program: Program, _ table: SpanTable) -> Int {
        let index = number >= 0 && Int(number) < table.scopes.count ? Int(number) : table.scopes.count
        if scopeEpochs[index] != epoch { loadScope(index, program, table) }
        return index
    }

    @inline(never)
    private mutating func loadScope(_ index: Int, _ program: Program, _ table: SpanTable) {
        scopeEpochs[index] = epoch
        let level = program.scope
        let start = index * level.steps.count
        Self.makeRoom(&scopeRows, start + level.steps.count)
        var outcome = LoadOutcome()
        for (offset, step) in level.steps.enumerated() {
            let value: LoadedValue
            if step.isAttribute {
                let isKnown = index < table.scopes.count
                let raw = isKnown ? table.scopeAttributes.value(Int(step.source.slot), index) : .missing
                value = attribute(raw, step, level, program, table)
            } else {
                let isMissing = program.isFull && index >= table.scopes.count
                let raw = isMissing ? .absent : Self.scopeValue(step.source.intrinsic, index, table)
                value = column(raw, step, program, table, wantsEach: program.plan.isConjunction)
            }
            note(value, step, &outcome)
            scopeRows[start + offset] = value
        }
        finish(&outcome, level, entriesNeeded: level.requiredNames)
        scopeOutcomes[index] = outcome
    }

    static func scopeValue(_ intrinsic: Intrinsic?, _ index: Int, _ table: SpanTable) -> LoadedValue {
        guard index >= 0, index < table.scopes.count else { return .string(StringMemory.empty) }
        switch intrinsic {
        case .instrumentationName: return .string(table.scopes[index].name ?? StringMemory.empty)
        case .instrumentationVersion: return .string(table.scopes[index].version ?? StringMemory.empty)
        default: return .absent
        }
    }

    private static func makeRoom(_ rows: inout ContiguousArray<LoadedValue>, _ count: Int) {
        if rows.count < count { rows.append(contentsOf: repeatElement(.absent, count: count - rows.count)) }
    }

    // MARK: - Spans

    private mutating func loadSpan(
        _ index: Int, _ span: SpanTable.Span, _ program: Program, _ table: SpanTable
    ) -> LoadOutcome {
        var outcome = LoadOutcome()
        let level = program.span
        let start = index &* program.spanWidth
        for offset in 0..<level.steps.count {
            let step = level.steps[offset]
            let value: LoadedValue
            if step.isAttribute {
                value = attribute(
                    table.spanAttributes.value(Int(step.source.slot), index), step, level, program, table)
                note(value, step, &outcome)
            } else {
                let raw = spanValue(step.source.intrinsic, index, span)
                let loaded = column(raw, step, program, table, wantsEach: false)
                let isNumber = step.source.intrinsic?.isNestedSetNumber ?? false
                note(loaded, step, &outcome, countsZero: !isNumber)
                // A number of the tree that is not loaded is 0 to expressions, which it is for spans outside; for others
                // the test that it failed says as much as its value.
                value = isNumber ? raw : loaded
            }
            spanRows[start &+ offset] = value
        }
        finish(&outcome, level, entriesNeeded: 0)
        return outcome
    }

    func spanValue(_ intrinsic: Intrinsic?, _ index: Int, _ span: SpanTable.Span) -> LoadedValue {
        switch intrinsic {
        case .duration: .duration(Int64(bitPattern: span.durationNanos))
        case .name: .string(span.name)
        case .status: .status(span.status > 2 ? 0 : span.status)
        case .statusMessage: .string(span.statusMessage ?? StringMemory.empty)
        case .kind: .kind(span.kind > 5 ? 0 : span.kind)
        case .spanID: .spanID(span.id.value)
        case .spanParentID: .spanID(span.parentID.value)
        case .spanChildCount: .int(Int64(tree.childCount[index]))
        case .nestedSetLeft: .int(Int64(tree.left[index]))
        case .nestedSetRight: .int(Int64(tree.right[index]))
        case .nestedSetParent: .int(Int64(tree.parentLeft[index]))
        default: .absent
        }
    }
}
