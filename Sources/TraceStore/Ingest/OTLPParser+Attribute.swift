internal import TempoAPI

extension OTLPParser {
    /// Reads a `KeyValue`.
    /// - Parameter have: how many attributes its owner has already.
    /// - Returns: nil when the attribute is beyond a limit and dropped.
    mutating func attribute(_ range: Range<Int>, have: Int) throws -> ParsedAttribute? {
        try countElement()
        var attribute = ParsedAttribute()
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1: attribute.key = ByteSpan(try field.content())
            case 2:
                if attribute.type == .absent { attribute.type = .empty }
                try value(field.content(), into: &attribute)
            default: break
            }
        }
        guard have < limits.maxAttributes else { return nil }
        attribute.key = cut(attribute.key)
        switch attribute.type {
        case .string: attribute.text = cut(attribute.text)
        case .bytes, .array, .keyValueList:
            guard Int(attribute.text.count) <= limits.maxEncodedValueBytes else { return nil }
        case .absent, .empty, .bool, .int, .double: break
        }
        attribute.hash = hash(of: attribute)
        return attribute
    }

    private func hash(of attribute: ParsedAttribute) -> UInt32 {
        var hashed = hash(slice(attribute.key))
        switch attribute.type {
        case .string, .bytes, .array, .keyValueList: hashed = hash.combine(hashed, hash(slice(attribute.text)))
        case .absent, .empty, .bool, .int, .double: hashed = hash.combine(hashed, attribute.number)
        }
        return ByteHash.fold(hash.combine(hashed, UInt64(attribute.type.rawValue)))
    }

    @inline(__always)
    private func slice(_ span: ByteSpan) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[span.range])
    }

    /// Reads an `AnyValue` over what the attribute has; the last member wins.
    private func value(_ range: Range<Int>, into attribute: inout ParsedAttribute) throws {
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1: set(&attribute, .string, text: try field.content())
            case 2: set(&attribute, .bool, number: try field.scalar(.varint) == 0 ? 0 : 1)
            case 3: set(&attribute, .int, number: try field.scalar(.varint))
            case 4: set(&attribute, .double, number: try field.scalar(.fixed64))
            case 5:
                try checkList(field.content(), depth: 1)
                set(&attribute, .array, text: field.payload)
            case 6:
                try checkKeyValueList(field.content(), depth: 1)
                set(&attribute, .keyValueList, text: field.payload)
            case 7: set(&attribute, .bytes, text: try field.content())
            default: break
            }
        }
    }

    @inline(__always)
    private func set(
        _ attribute: inout ParsedAttribute, _ type: ValueType, number: UInt64 = 0, text: Range<Int> = 0..<0
    ) {
        attribute.type = type
        attribute.number = number
        attribute.text = ByteSpan(text)
    }

    // MARK: Lists as values, which are kept as they are

    private func checkList(_ range: Range<Int>, depth: Int) throws {
        guard depth <= min(limits.maxValueDepth, IngestLimits.greatestValueDepth) else { throw tooDeep() }
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            if field.number == 1 { try checkValue(field.content(), depth: depth) }
        }
    }

    private func checkKeyValueList(_ range: Range<Int>, depth: Int) throws {
        guard depth <= min(limits.maxValueDepth, IngestLimits.greatestValueDepth) else { throw tooDeep() }
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            guard field.number == 1 else { continue }
            var pair = ProtobufReader(bytes, range: try field.content())
            while let member = try pair.next() {
                switch member.number {
                case 1: _ = try member.content()
                case 2: try checkValue(member.content(), depth: depth)
                default: break
                }
            }
        }
    }

    private func checkValue(_ range: Range<Int>, depth: Int) throws {
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1, 7: _ = try field.content()
            case 2, 3: _ = try field.scalar(.varint)
            case 4: _ = try field.scalar(.fixed64)
            case 5: try checkList(field.content(), depth: depth + 1)
            case 6: try checkKeyValueList(field.content(), depth: depth + 1)
            default: break
            }
        }
    }

    private func tooDeep() -> PushError {
        .malformed("attribute value nests deeper than \(limits.maxValueDepth) lists")
    }

    /// Cuts a text to the limit, at a whole character.
    private func cut(_ span: ByteSpan) -> ByteSpan {
        let limit = limits.maxAttributeBytes
        guard limit > 0, Int(span.count) > limit else { return span }
        let start = Int(span.offset)
        var end = start + limit
        // Back over continuation bytes; broken UTF-8 is cut where it is.
        while end > start, start + limit - end < 4, bytes[end] & 0xc0 == 0x80 { end -= 1 }
        if bytes[end] & 0xc0 == 0x80 { end = start + limit }
        return ByteSpan(start..<end)
    }
}
