#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What few spans have of their own; combinations are kept once.
struct SpanDetail: Equatable {
    var statusMessage: UInt32 = 0
    var traceState: UInt32 = 0
    var flags: UInt32 = 0
    var droppedAttributes: UInt32 = 0
    var droppedEvents: UInt32 = 0
    var droppedLinks: UInt32 = 0
    var kind: Int32 = 0
    var statusCode: Int32 = 0
}

/// A resource with the schema URL of its `ResourceSpans`, as ids.
struct ResourceEntry {
    var pairs: [UInt32] = []
    var droppedAttributes: UInt32 = 0
    var schemaURL: UInt32 = 0
    var entityRefs: UInt32 = 0
}

/// An instrumentation scope with the schema URL of its `ScopeSpans`, as ids.
struct ScopeEntry {
    var name: UInt32 = 0
    var version: UInt32 = 0
    var pairs: [UInt32] = []
    var droppedAttributes: UInt32 = 0
    var schemaURL: UInt32 = 0
}

extension UnsafeRawBufferPointer {
    @inline(__always)
    static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard left.count > 0, let first = left.baseAddress, let second = right.baseAddress else { return true }
        return memcmp(first, second, left.count) == 0
    }
}

extension ColumnBuilder {
    /// Whether a string id stands for these bytes.
    @inline(__always)
    borrowing func isString(_ string: UInt32, _ bytes: UnsafeRawBufferPointer) -> Bool {
        strings.withList(Int(string)) { UnsafeRawBufferPointer.areEqual(UnsafeRawBufferPointer($0), bytes) }
    }

    /// The id of a byte string, which is added when it is new.
    mutating func string(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let folded = ByteHash.fold(hash(bytes))
        let known = stringSlots.find(folded) { isString($0, bytes) }
        if let known { return known }
        let new = UInt32(truncatingIfNeeded: strings.count)
        strings.append(bytes.assumingMemoryBound(to: UInt8.self))
        stringSlots.insert(new, hash: folded)
        return new
    }

    /// The id of a pair given by ids, which is added when it is new. Not to be mixed with pairs found by the hash of their bytes.
    mutating func pair(key: UInt32, type: UInt8, payload: UInt64) -> UInt32 {
        let folded = ByteHash.fold(hash.combine(hash.combine(UInt64(key) << 8 | UInt64(type), payload), 0))
        let known = pairSlots.find(folded) {
            let index = Int($0)
            return pairKey[index] == key && pairPayload[index] == payload && pairType[index] == type
        }
        return known ?? addPair(key: key, type: type, payload: payload, hash: folded)
    }

    mutating func addPair(key: UInt32, type: UInt8, payload: UInt64, hash folded: UInt32) -> UInt32 {
        let new = UInt32(truncatingIfNeeded: pairKey.count)
        pairKey.append(key)
        pairType.append(type)
        pairPayload.append(payload)
        pairSlots.insert(new, hash: folded)
        return new
    }

    /// The number of a combination of details, which is added when it is new.
    mutating func detail(_ entry: SpanDetail) -> UInt32 {
        var hashed = hash.combine(UInt64(entry.statusMessage) << 32 | UInt64(entry.traceState), UInt64(entry.flags))
        hashed = hash.combine(hashed, UInt64(entry.droppedAttributes) << 32 | UInt64(entry.droppedEvents))
        hashed = hash.combine(hashed, UInt64(entry.droppedLinks) << 32 | UInt64(UInt32(bitPattern: entry.kind)))
        hashed = hash.combine(hashed, UInt64(UInt32(bitPattern: entry.statusCode)))
        let folded = ByteHash.fold(hashed)
        let known = detailSlots.find(folded) { detail(at: Int($0)) == entry }
        if let known { return known }
        let new = UInt32(truncatingIfNeeded: detailFlags.count)
        detailStatusMessage.append(entry.statusMessage)
        detailTraceState.append(entry.traceState)
        detailFlags.append(entry.flags)
        detailDroppedAttributes.append(entry.droppedAttributes)
        detailDroppedEvents.append(entry.droppedEvents)
        detailDroppedLinks.append(entry.droppedLinks)
        detailKind.append(entry.kind)
        detailStatusCode.append(entry.statusCode)
        detailSlots.insert(new, hash: folded)
        return new
    }

    private borrowing func detail(at index: Int) -> SpanDetail {
        SpanDetail(
            statusMessage: detailStatusMessage[index], traceState: detailTraceState[index], flags: detailFlags[index],
            droppedAttributes: detailDroppedAttributes[index], droppedEvents: detailDroppedEvents[index],
            droppedLinks: detailDroppedLinks[index], kind: detailKind[index], statusCode: detailStatusCode[index])
    }

    /// The id of a resource, which is added when it is new.
    mutating func resource(_ entry: ResourceEntry) -> UInt32 {
        var hashed = hash.combine(
            UInt64(entry.droppedAttributes) << 32 | UInt64(entry.schemaURL), UInt64(entry.entityRefs))
        for pair in entry.pairs { hashed = hash.combine(hashed, UInt64(pair)) }
        let folded = ByteHash.fold(hashed)
        let known = resourceSlots.find(folded) {
            let index = Int($0)
            return resourceDroppedAttributes[index] == entry.droppedAttributes
                && resourceSchemaURL[index] == entry.schemaURL && resourceEntityRefs[index] == entry.entityRefs
                && resourcePairs.withList(index) { $0.elementsEqual(entry.pairs) }
        }
        if let known { return known }
        let new = UInt32(truncatingIfNeeded: resourceSchemaURL.count)
        resourceDroppedAttributes.append(entry.droppedAttributes)
        resourceSchemaURL.append(entry.schemaURL)
        resourceEntityRefs.append(entry.entityRefs)
        resourceServiceName.append(serviceName(of: entry.pairs))
        entry.pairs.withUnsafeBufferPointer { resourcePairs.append($0) }
        resourceSlots.insert(new, hash: folded)
        return new
    }

    private borrowing func serviceName(of pairs: [UInt32]) -> UInt32 {
        let isServiceName = { (key: UInt32, strings: borrowing GrowableList<UInt8>) in
            strings.withList(Int(key)) { $0.elementsEqual("service.name".utf8) }
        }
        for pair in pairs.reversed() where isServiceName(pairKey[Int(pair)], strings) {
            guard pairType[Int(pair)] == ValueType.string.rawValue else { continue }
            return UInt32(truncatingIfNeeded: pairPayload[Int(pair)])
        }
        return 0
    }

    /// The id of an instrumentation scope, which is added when it is new.
    mutating func scope(_ entry: ScopeEntry) -> UInt32 {
        var hashed = hash.combine(UInt64(entry.name) << 32 | UInt64(entry.version), UInt64(entry.schemaURL))
        hashed = hash.combine(hashed, UInt64(entry.droppedAttributes))
        for pair in entry.pairs { hashed = hash.combine(hashed, UInt64(pair)) }
        let folded = ByteHash.fold(hashed)
        let known = scopeSlots.find(folded) {
            let index = Int($0)
            return scopeName[index] == entry.name && scopeVersion[index] == entry.version
                && scopeSchemaURL[index] == entry.schemaURL && scopeDroppedAttributes[index] == entry.droppedAttributes
                && scopePairs.withList(index) { $0.elementsEqual(entry.pairs) }
        }
        if let known { return known }
        let new = UInt32(truncatingIfNeeded: scopeName.count)
        scopeName.append(entry.name)
        scopeVersion.append(entry.version)
        scopeSchemaURL.append(entry.schemaURL)
        scopeDroppedAttributes.append(entry.droppedAttributes)
        entry.pairs.withUnsafeBufferPointer { scopePairs.append($0) }
        scopeSlots.insert(new, hash: folded)
        return new
    }

    /// The number of a trace, which is added when it is new.
    @inline(__always)
    mutating func trace(_ id: TraceID) -> UInt32 {
        let folded = ByteHash.fold(TraceHash.hash(id, seed: hash.seed))
        let known = traceSlots.find(folded) { traceIDLow[Int($0)] == id.low && traceIDHigh[Int($0)] == id.high }
        if let known { return known }
        let new = UInt32(truncatingIfNeeded: traceIDLow.count)
        traceIDHigh.append(id.high)
        traceIDLow.append(id.low)
        traceSlots.insert(new, hash: folded)
        return new
    }
}
