extension EvaluationState {
    // MARK: - Counting

    @inline(__always)
    func note(_ value: LoadedValue, _ step: LoadStep, _ outcome: inout LoadOutcome, countsZero: Bool = true) {
        guard step.isRequired || step.requiresNil else { return }
        switch value {
        case .absent:
            if step.requiresNil || !step.isAttribute { outcome.passes = false }
        case .marker:
            if !step.requiresNil { return }
            outcome.entries += 1
            outcome.values += 1
            outcome.attributeValues += 1
        default:
            if step.requiresNil { outcome.passes = false }
            outcome.entries += 1
            if step.isAttribute { outcome.attributes += 1 }
            if case .null = value { return }
            if !countsZero, case .int(0) = value { return }
            outcome.values += 1
            if step.isAttribute { outcome.attributeValues += 1 }
        }
    }

    @inline(__always)
    func finish(_ outcome: inout LoadOutcome, _ level: LoadLevel, entriesNeeded: Int) {
        if outcome.entries < entriesNeeded { outcome.passes = false }
        if level.requiresAttribute && level.openTypes > 0 && outcome.attributes == 0 { outcome.passes = false }
    }

    // MARK: - Attributes

    /// What of an attribute's value passes the tests of its level.
    @inline(__always)
    mutating func attribute(
        _ raw: ColumnValue, _ step: LoadStep, _ level: LoadLevel, _ program: Program, _ table: SpanTable
    ) -> LoadedValue {
        if case .missing = raw { return step.testsNil ? .marker : .absent }
        if step.isLoadedOptionally { return LoadedValue(raw) }
        if !step.isRequired { return .absent }
        let passes: Bool
        switch raw {
        case .missing, .unusable: passes = false
        case .int: passes = passesFilter(raw, level.filter.ints, program)
        case .float: passes = passesFilter(raw, level.filter.floats, program)
        case .boolean: passes = passesFilter(raw, level.filter.booleans, program)
        case .string(let ref): passes = passesStringFilter(ref, level.filter.strings)
        case .array(let ref): return filtered(ref, level, program, table)
        }
        return passes ? LoadedValue(raw) : nothing(level, program)
    }

    /// What stands for a value that passes no test.
    private func nothing(_ level: LoadLevel, _ program: Program) -> LoadedValue {
        level.openTypes == 0 || (program.plan.isConjunction && level.openTypes == 1) ? .absent : .null
    }

    @inline(__always)
    private mutating func passesStringFilter(_ ref: StringRef, _ filter: TypeFilter) -> Bool {
        switch filter {
        case .open: true
        case .stringTest(let test): strings.passes(ref, Int(test))
        case .closed, .tests: false
        }
    }

    private func passesFilter(_ raw: ColumnValue, _ filter: TypeFilter, _ program: Program) -> Bool {
        switch filter {
        case .closed, .stringTest: return false
        case .open: return true
        case .tests(let first, let count):
            for index in Int(first)..<Int(first) + Int(count)
            where passesScalar(LoadedValue(raw), Int(program.filterTests[index]), program) { return true }
            return false
        }
    }

    /// The elements that pass: one is a scalar, several are a list again.
    private mutating func filtered(
        _ ref: ArrayRef, _ level: LoadLevel, _ program: Program, _ table: SpanTable
    ) -> LoadedValue {
        let start = arena.count
        let elements = table.elements(of: ref)
        for element in elements {
            let passes: Bool
            switch element {
            case .int: passes = passesFilter(element, level.filter.ints, program)
            case .float: passes = passesFilter(element, level.filter.floats, program)
            case .boolean: passes = passesFilter(element, level.filter.booleans, program)
            case .string(let ref): passes = passesStringFilter(ref, level.filter.strings)
            case .missing, .unusable, .array: passes = false
            }
            if passes { arena.append(element) }
        }
        let kept = arena.count - start
        switch kept {
        case 0: return nothing(level, program)
        case 1: return LoadedValue(arena.removeLast())
        case elements.count:
            arena.removeLast(kept)
            return .array(ref)
        default: return .array(ArrayRef(offset: Self.arenaBase + start, count: kept))
        }
    }

    /// Offsets from here on are those of the state's own arena.
    static let arenaBase = 1 << 31

    /// The elements of a list, of the table or of what filters left of one.
    func elements(_ ref: ArrayRef, _ table: SpanTable) -> ArraySlice<ColumnValue> {
        guard Int(ref.offset) >= Self.arenaBase else { return table.elements(of: ref) }
        let start = min(Int(ref.offset) - Self.arenaBase, arena.count)
        return ArraySlice(arena[start..<min(start + Int(ref.count), arena.count)])
    }

    // MARK: - Intrinsics

    /// The value of an intrinsic if it passes some test, or each.
    @inline(__always)
    mutating func column(
        _ raw: LoadedValue, _ step: LoadStep, _ program: Program, _ table: SpanTable, wantsEach: Bool
    ) -> LoadedValue {
        if step.isLoadedOptionally && !step.isRequired { return raw }
        if step.testCount == 0 { return step.isRequired ? raw : .absent }
        var passed = step.isLoaded
        if passed && !wantsEach { return raw }
        for index in Int(step.firstTest)..<Int(step.firstTest) + Int(step.testCount) {
            if passes(raw, Int(program.filterTests[index]), program, table) {
                if !wantsEach { return raw }
                passed = true
            } else if wantsEach {
                return step.isLoadedOptionally ? raw : .absent
            }
        }
        return passed || step.isLoadedOptionally ? raw : .absent
    }

    // MARK: - Events and links

    /// Loads what the events (or links) of a span have into the span's row: for each name the first entry.
    mutating func loadRows(
        _ index: Int, _ span: SpanTable.Span, _ program: Program, _ table: SpanTable, _ level: LoadLevel, isLink: Bool,
        _ outcome: inout LoadOutcome, _ rowValues: inout Int
    ) {
        let width = level.steps.count
        guard width > 0 else { return }
        let start =
            index &* program.spanWidth &+ program.span.steps.count &+ (isLink ? program.event.steps.count : 0)
        for offset in 0..<width { spanRows[start &+ offset] = .absent }
        let range = isLink ? table.linkRange(index) : table.eventRange(index)
        var hasRow = false
        for row in range {
            let result = loadRow(row, span, program, table, level, isLink: isLink)
            if program.plan.isConjunction, !result.passes { continue }
            hasRow = true
            rowValues += result.values
            for offset in 0..<width {
                guard case .absent = spanRows[start &+ offset] else { continue }
                spanRows[start &+ offset] = rowScratch[offset]
            }
        }
        guard !hasRow else { return }
        if program.plan.isConjunction && level.requiresRow {
            outcome.passes = false
            return
        }
        for offset in 0..<width {
            let step = level.steps[offset]
            guard !step.isAttribute, step.isLoaded, !step.isTested else { continue }
            switch step.source.intrinsic {
            case .eventTimeSinceStart: spanRows[start &+ offset] = .duration(0)
            case .linkSpanID: spanRows[start &+ offset] = .spanID(0)
            default: spanRows[start &+ offset] = .string(StringMemory.empty)
            }
            rowValues += 1
        }
    }

    /// Loads one event or link into `rowScratch`.
    mutating func loadRow(
        _ row: Int, _ span: SpanTable.Span, _ program: Program, _ table: SpanTable, _ level: LoadLevel, isLink: Bool
    ) -> LoadOutcome {
        rowScratch.removeAll(keepingCapacity: true)
        var result = LoadOutcome()
        for step in level.steps {
            let value: LoadedValue
            if step.isAttribute {
                let rows = isLink ? table.linkAttributes : table.eventAttributes
                value = attribute(rows.value(Int(step.source.slot), row), step, level, program, table)
            } else {
                let raw = Self.rowValue(step.source.intrinsic, row, span, table)
                value = column(raw, step, program, table, wantsEach: program.plan.isConjunction)
            }
            note(value, step, &result)
            rowScratch.append(value)
        }
        finish(&result, level, entriesNeeded: 0)
        if result.values < level.requiredValues { result.passes = false }
        return result
    }

    static func rowValue(_ intrinsic: Intrinsic?, _ row: Int, _ span: SpanTable.Span, _ table: SpanTable) -> LoadedValue
    {
        switch intrinsic {
        case .eventName: .string(table.events[row].name)
        case .eventTimeSinceStart:
            .duration(Int64(bitPattern: table.events[row].timeUnixNano &- span.startUnixNano))
        case .linkTraceID: .traceID(Int32(truncatingIfNeeded: row))
        case .linkSpanID: .spanID(table.links[row].spanID.value)
        default: .absent
        }
    }
}
