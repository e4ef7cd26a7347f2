extension ColumnBuilder {
    /// Appends a row of a view.
    /// - Parameter trace: its number here.
    mutating func append(_ row: Int, of map: inout IdentifierMap, trace number: UInt32) {
        let columns = map.columns
        trace.append(number)
        spanID.append(columns.spanID[row])
        parentSpanID.append(columns.parentSpanID[row])
        hasParent.append(columns.hasParent[row])
        start.append(columns.start[row])
        end.append(columns.end[row])
        minStart = min(minStart, columns.start[row])
        maxEnd = max(maxEnd, columns.start[row], columns.end[row])
        name.append(string(columns.name[row], &map))
        kind.append(columns.kind[row])
        statusCode.append(columns.statusCode[row])
        detail.append(detail(columns.detail[row], &map))
        resource.append(resource(columns.resource[row], &map))
        scope.append(scope(columns.scope[row], &map))
        for position in columns.pairs.range(row) { pairs.add(pair(columns.pairs.values[position], &map)) }
        pairs.finishList()
        for event in columns.events(row) {
            eventTime.append(columns.eventTime[event])
            eventName.append(string(columns.eventName[event], &map))
            eventDroppedAttributes.append(columns.eventDroppedAttributes[event])
            for position in columns.eventPairs.range(event) {
                eventPairs.add(pair(columns.eventPairs.values[position], &map))
            }
            eventPairs.finishList()
        }
        eventOffsets.append(UInt32(truncatingIfNeeded: eventTime.count))
        for link in columns.links(row) {
            linkTraceIDHigh.append(columns.linkTraceIDHigh[link])
            linkTraceIDLow.append(columns.linkTraceIDLow[link])
            linkSpanID.append(columns.linkSpanID[link])
            linkPresence.append(columns.linkPresence[link])
            linkTraceState.append(string(columns.linkTraceState[link], &map))
            linkFlags.append(columns.linkFlags[link])
            linkDroppedAttributes.append(columns.linkDroppedAttributes[link])
            for position in columns.linkPairs.range(link) {
                linkPairs.add(pair(columns.linkPairs.values[position], &map))
            }
            linkPairs.finishList()
        }
        linkOffsets.append(UInt32(truncatingIfNeeded: linkSpanID.count))
    }

    private mutating func string(_ id: UInt32, _ map: inout IdentifierMap) -> UInt32 {
        let known = map.strings[Int(id)]
        if known != .max { return known }
        let new = string(UnsafeRawBufferPointer(map.columns.bytes(id)))
        map.strings[Int(id)] = new
        return new
    }

    private mutating func pair(_ id: UInt32, _ map: inout IdentifierMap) -> UInt32 {
        let known = map.pairs[Int(id)]
        if known != .max { return known }
        let type = map.columns.pairType[Int(id)]
        var payload = map.columns.pairPayload[Int(id)]
        switch ValueType(rawValue: type) {
        case .string, .bytes, .array, .keyValueList:
            payload = UInt64(string(UInt32(truncatingIfNeeded: payload), &map))
        case .absent, .empty, .bool, .int, .double, nil: break
        }
        let new = pair(key: string(map.columns.pairKey[Int(id)], &map), type: type, payload: payload)
        map.pairs[Int(id)] = new
        return new
    }

    private mutating func detail(_ id: UInt32, _ map: inout IdentifierMap) -> UInt32 {
        let index = Int(id)
        if map.details[index] != .max { return map.details[index] }
        let columns = map.columns
        let new = detail(
            SpanDetail(
                statusMessage: string(columns.detailStatusMessage[index], &map),
                traceState: string(columns.detailTraceState[index], &map), flags: columns.detailFlags[index],
                droppedAttributes: columns.detailDroppedAttributes[index],
                droppedEvents: columns.detailDroppedEvents[index], droppedLinks: columns.detailDroppedLinks[index],
                kind: columns.detailKind[index], statusCode: columns.detailStatusCode[index]))
        map.details[index] = new
        return new
    }

    private mutating func resource(_ id: UInt32, _ map: inout IdentifierMap) -> UInt32 {
        let index = Int(id)
        if map.resources[index] != .max { return map.resources[index] }
        let columns = map.columns
        var entry = ResourceEntry()
        for position in columns.resourcePairs.range(index) {
            entry.pairs.append(pair(columns.resourcePairs.values[position], &map))
        }
        entry.droppedAttributes = columns.resourceDroppedAttributes[index]
        entry.schemaURL = string(columns.resourceSchemaURL[index], &map)
        entry.entityRefs = string(columns.resourceEntityRefs[index], &map)
        let new = resource(entry)
        map.resources[index] = new
        return new
    }

    private mutating func scope(_ id: UInt32, _ map: inout IdentifierMap) -> UInt32 {
        let index = Int(id)
        if map.scopes[index] != .max { return map.scopes[index] }
        let columns = map.columns
        var entry = ScopeEntry()
        entry.name = string(columns.scopeName[index], &map)
        entry.version = string(columns.scopeVersion[index], &map)
        for position in columns.scopePairs.range(index) {
            entry.pairs.append(pair(columns.scopePairs.values[position], &map))
        }
        entry.droppedAttributes = columns.scopeDroppedAttributes[index]
        entry.schemaURL = string(columns.scopeSchemaURL[index], &map)
        let new = scope(entry)
        map.scopes[index] = new
        return new
    }
}
