extension EvaluationState {
    /// The attributes of a matching span that an answer lists.
    mutating func report(_ index: Int, _ program: Program, _ table: SpanTable) -> [ReportedAttribute] {
        guard index >= 0, index < table.count else { return [] }
        var result: [ReportedAttribute] = []
        let span = table.spans[index]
        func add(_ name: [UInt8], _ value: LoadedValue) {
            switch value {
            case .absent, .null, .failure: return
            case .marker: result.append(ReportedAttribute(key: name, value: .string("nil")))
            default: result.append(ReportedAttribute(key: name, value: self.static(value, table)))
            }
        }
        for entry in program.report.loaded {
            switch entry.level {
            case .span:
                let value = spanRows[index * program.spanWidth + entry.index]
                let step = program.span.steps[entry.index]
                // Numbers of the tree are at hand whether they passed or not.
                if step.source.intrinsic?.isNestedSetNumber ?? false {
                    add(entry.name, column(value, step, program, table, wantsEach: false))
                } else {
                    add(entry.name, value)
                }
            case .resource:
                let row = loadedResource(span.resource, program, table)
                add(entry.name, resourceRows[row * program.resource.steps.count + entry.index])
            case .scope:
                let row = loadedScope(span.scope, program, table)
                add(entry.name, scopeRows[row * program.scope.steps.count + entry.index])
            case .event: add(entry.name, last(entry.index, index, span, program, table, isLink: false))
            case .link: add(entry.name, last(entry.index, index, span, program, table, isLink: true))
            case .trace: break
            }
        }
        for entry in program.report.selected {
            add(entry.name, full(entry.source, index, table, takesLast: true))
        }
        return result
    }

    /// The last event or link that has a value.
    private mutating func last(
        _ offset: Int, _ index: Int, _ span: SpanTable.Span, _ program: Program, _ table: SpanTable, isLink: Bool
    ) -> LoadedValue {
        let level = isLink ? program.link : program.event
        for row in (isLink ? table.linkRange(index) : table.eventRange(index)).reversed() {
            let outcome = loadRow(row, span, program, table, level, isLink: isLink)
            if program.plan.isConjunction, !outcome.passes { continue }
            switch rowScratch[offset] {
            case .absent, .null: continue
            default: return rowScratch[offset]
            }
        }
        let start = index * program.spanWidth + program.span.steps.count
        return spanRows[start + (isLink ? program.event.steps.count : 0) + offset]
    }

    /// A value as it is, whatever the query compares.
    func full(_ source: ValueSource, _ index: Int, _ table: SpanTable, takesLast: Bool) -> LoadedValue {
        let span = table.spans[index]
        let slot = Int(source.slot)
        switch source.level {
        case .span:
            return slot >= 0
                ? LoadedValue(table.spanAttributes.value(slot, index)) : spanValue(source.intrinsic, index, span)
        case .resource:
            let known = span.resource >= 0 && Int(span.resource) < table.resourceCount
            let raw = known ? table.resourceAttributes.value(slot, Int(span.resource)) : .missing
            if slot == 0, case .missing = raw { return .string(StringMemory.empty) }
            return LoadedValue(raw)
        case .scope:
            guard slot >= 0 else { return Self.scopeValue(source.intrinsic, Int(span.scope), table) }
            return span.scope >= 0 ? LoadedValue(table.scopeAttributes.value(slot, Int(span.scope))) : .absent
        case .trace:
            return traceValue(source.intrinsic, table)
        case .event, .link:
            let isLink = source.level == .link
            let rows = isLink ? table.linkRange(index) : table.eventRange(index)
            var found = LoadedValue.absent
            for row in rows {
                var value = LoadedValue.absent
                if slot >= 0 {
                    value = LoadedValue((isLink ? table.linkAttributes : table.eventAttributes).value(slot, row))
                } else {
                    value = Self.rowValue(source.intrinsic, row, span, table)
                }
                switch value {
                case .absent, .null: continue
                default: found = value
                }
                if !takesLast { return found }
            }
            guard case .absent = found, slot < 0, rows.isEmpty else { return found }
            switch source.intrinsic {
            case .eventTimeSinceStart: return .duration(0)
            case .linkSpanID: return .spanID(0)
            default: return .string(StringMemory.empty)
            }
        }
    }
}
