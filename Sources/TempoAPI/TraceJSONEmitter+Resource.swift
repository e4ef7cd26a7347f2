extension TraceJSONEmitter {
    mutating func resource(_ range: Range<Int>) throws(WireError) {
        try enter()
        var attributes = Run()
        var dropped: UInt32 = 0
        var entities = Run()
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1: try attributes.add(field)
            case 2: dropped = UInt32(truncatingIfNeeded: try field.scalar(.varint))
            case 3: try entities.add(field)
            default: break
            }
        }
        writer.byte(0x7b)
        try self.attributes(attributes, 1)
        number("droppedAttributesCount", UInt64(dropped))
        try list("entityRefs", 3, entities) { emitter, range throws(WireError) in try emitter.entityRef(range) }
        writer.byte(0x7d)
        depth -= 1
    }

    private mutating func entityRef(_ range: Range<Int>) throws(WireError) {
        try enter()
        var schema = 0..<0
        var type = 0..<0
        var ids = Run()
        var descriptions = Run()
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1: schema = try field.content()
            case 2: type = try field.content()
            case 3: try ids.add(field)
            case 4: try descriptions.add(field)
            default: break
            }
        }
        writer.byte(0x7b)
        text("schemaUrl", schema)
        text("type", type)
        try list("idKeys", 3, ids) { emitter, range throws(WireError) in emitter.writer.string(emitter.slice(range)) }
        try list("descriptionKeys", 4, descriptions) { emitter, range throws(WireError) in
            emitter.writer.string(emitter.slice(range))
        }
        writer.byte(0x7d)
        depth -= 1
    }

    mutating func scope(_ range: Range<Int>) throws(WireError) {
        try enter()
        var name = 0..<0
        var version = 0..<0
        var attributes = Run()
        var dropped: UInt32 = 0
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try field.content()
            case 2: version = try field.content()
            case 3: try attributes.add(field)
            case 4: dropped = UInt32(truncatingIfNeeded: try field.scalar(.varint))
            default: break
            }
        }
        writer.byte(0x7b)
        text("name", name)
        text("version", version)
        try self.attributes(attributes, 3)
        number("droppedAttributesCount", UInt64(dropped))
        writer.byte(0x7d)
        depth -= 1
    }

    /// What a `ResourceSpans` or a `ScopeSpans` holds. Both have the same shape: 1 is what the list belongs to, 2 the list, 3 the schema.
    struct Group {
        let range: Range<Int>
        var owner = Part()
        var list = Run()
        var schema = 0..<0

        init(_ range: Range<Int>, in bytes: UnsafeRawBufferPointer) throws(WireError) {
            self.range = range
            var reader = ProtobufReader(bytes, range: range)
            while let field = try reader.next() {
                switch field.number {
                case 1: try owner.add(field)
                case 2: try list.add(field)
                case 3: schema = try field.content()
                default: break
                }
            }
        }
    }

    /// Writes `{`, the owner and, when the group has a list, its name and `[`.
    mutating func open(_ group: Group, isBatch: Bool) throws(WireError) {
        writer.byte(0x7b)
        if isBatch {
            try message("resource", 1, group.owner, in: group.range) { emitter, range throws(WireError) in
                try emitter.resource(range)
            }
        } else {
            try message("scope", 1, group.owner, in: group.range) { emitter, range throws(WireError) in
                try emitter.scope(range)
            }
        }
        guard group.list.end > 0 else { return }
        writer.key(isBatch ? "scopeSpans" : "spans")
        writer.byte(0x5b)
    }

    /// Writes `]` when the group has a list, the schema and `}`. The output may have been emptied since ``open(_:isBatch:)``.
    mutating func close(_ group: Group) {
        if group.list.end > 0 { writer.byte(0x5d) }
        text("schemaUrl", group.schema)
        writer.byte(0x7d)
    }
}
