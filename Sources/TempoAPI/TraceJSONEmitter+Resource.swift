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
}
