/// Checks the protobuf bytes of a trace down to the last attribute, without building anything.
///
/// What passes decodes, and is written as JSON by ``TraceJSONFragments``, without an error. Unknown fields are sound when their lengths are.
public enum TraceProtobuf {
    /// Checks a `Trace`.
    /// - Throws: ``WireError`` for malformed bytes and for input beyond `limits`.
    public static func check(_ bytes: UnsafeRawBufferPointer, limits: WireLimits = .default) throws(WireError) {
        try limits.checkSize(bytes.count)
        var checker = Checker(bytes: bytes, maxDepth: limits.maxDepth, elementsLeft: limits.maxElements, depth: 0)
        try checker.check(0..<bytes.count, .trace)
    }

    private enum Shape {
        case trace, resourceSpans, resource, entityRef, scopeSpans, scope, span, event, link, status
        case keyValue, anyValue, arrayValue, keyValueList

        enum Field {
            case unknown
            case scalar(ProtobufWireType)
            case element
            case message(Shape)
        }

        @inline(__always)
        func field(_ number: Int) -> Field {
            switch (self, number) {
            case (.span, 9): .message(.keyValue)
            case (.keyValue, 1): .scalar(.lengthDelimited)
            case (.keyValue, 2): .message(.anyValue)
            case (.keyValue, 3): .scalar(.varint)
            case (.anyValue, 1), (.anyValue, 7): .scalar(.lengthDelimited)
            case (.anyValue, 2), (.anyValue, 3), (.anyValue, 8): .scalar(.varint)
            case (.anyValue, 4): .scalar(.fixed64)
            case (.anyValue, 5): .message(.arrayValue)
            case (.anyValue, 6): .message(.keyValueList)
            case (.arrayValue, 1): .message(.anyValue)
            case (.keyValueList, 1): .message(.keyValue)
            case (.span, 1), (.span, 2), (.span, 3), (.span, 4), (.span, 5): .scalar(.lengthDelimited)
            case (.span, 6), (.span, 10), (.span, 12), (.span, 14): .scalar(.varint)
            case (.span, 7), (.span, 8): .scalar(.fixed64)
            case (.span, 11): .message(.event)
            case (.span, 13): .message(.link)
            case (.span, 15): .message(.status)
            case (.span, 16): .scalar(.fixed32)
            case (.trace, 1): .message(.resourceSpans)
            case (.resourceSpans, 1): .message(.resource)
            case (.resourceSpans, 2): .message(.scopeSpans)
            case (.resourceSpans, 3), (.scopeSpans, 3): .scalar(.lengthDelimited)
            case (.scopeSpans, 1): .message(.scope)
            case (.scopeSpans, 2): .message(.span)
            case (.resource, 1), (.scope, 3), (.event, 3), (.link, 4): .message(.keyValue)
            case (.resource, 2), (.scope, 4), (.event, 4), (.link, 5), (.status, 3): .scalar(.varint)
            case (.resource, 3): .message(.entityRef)
            case (.entityRef, 3), (.entityRef, 4): .element
            case (.entityRef, 1), (.entityRef, 2), (.scope, 1), (.scope, 2): .scalar(.lengthDelimited)
            case (.event, 2), (.link, 1), (.link, 2), (.link, 3), (.status, 2): .scalar(.lengthDelimited)
            case (.event, 1): .scalar(.fixed64)
            case (.link, 6): .scalar(.fixed32)
            default: .unknown
            }
        }
    }

    private struct Checker {
        /// Outlives the checker, which lives within the caller's `withUnsafeBytes`.
        let bytes: UnsafeRawBufferPointer
        let maxDepth: Int
        var elementsLeft: Int
        var depth: Int

        mutating func check(_ range: Range<Int>, _ shape: Shape) throws(WireError) {
            guard depth < maxDepth else { throw WireLimits.tooDeep() }
            depth += 1
            var reader = ProtobufReader(bytes, range: range)
            while let field = try reader.next() {
                switch shape.field(field.number) {
                case .unknown: break
                case .scalar(let wireType):
                    guard field.wireType == wireType else {
                        throw WireError.wrongWireType(field.wireType, field: field.number)
                    }
                case .element:
                    _ = try field.content()
                    try countElement()
                case .message(let inner):
                    let content = try field.content()
                    try countElement()
                    try check(content, inner)
                }
            }
            depth -= 1
        }

        private mutating func countElement() throws(WireError) {
            guard elementsLeft > 0 else { throw WireLimits.tooManyElements() }
            elementsLeft -= 1
        }
    }
}
