internal import TempoAPI

/// Reads the protobuf of an `ExportTraceServiceRequest` into flat lists, checking all of it. Nothing of a body that fails is kept.
///
/// Unknown fields are passed over. What is repeated where it should not be is merged as protobuf wants: the last scalar wins,
/// messages add up.
struct OTLPParser {
    let bytes: UnsafeRawBufferPointer
    let limits: IngestLimits
    let hash: ByteHash
    var request = ParsedRequest()
    private var elements = 0

    /// - Parameter bytes: memory that outlives the parser; the result refers to it by offsets.
    static func parse(
        _ bytes: UnsafeRawBufferPointer, limits: IngestLimits, hash: ByteHash
    ) throws(PushError) -> ParsedRequest {
        // Offsets are kept in 32 bits.
        let maxBytes = min(limits.maxRequestBytes, Int(Int32.max))
        guard bytes.count <= maxBytes else {
            throw .tooLarge("request of \(bytes.count) bytes is larger than the limit of \(maxBytes) bytes")
        }
        var parser = OTLPParser(bytes: bytes, limits: limits, hash: hash)
        do {
            try parser.export()
            return parser.request
        } catch let error as PushError {
            throw error
        } catch let error as WireError {
            throw .malformed(error.message)
        } catch {
            throw .malformed("\(error)")
        }
    }

    private init(bytes: UnsafeRawBufferPointer, limits: IngestLimits, hash: ByteHash) {
        self.bytes = bytes
        self.limits = limits
        self.hash = hash
        let guess = min(bytes.count / 256, limits.maxSpansPerRequest, 4096)
        request.spans.reserveCapacity(guess)
        request.spanAttributes.reserveCapacity(guess * 8)
    }

    private mutating func export() throws {
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            if field.number == 1 { try resourceSpans(field.content()) }
        }
    }

    private mutating func resourceSpans(_ range: Range<Int>) throws {
        try countElement()
        let number = UInt32(truncatingIfNeeded: request.resources.count)
        var resource = ParsedResource()
        var dropped = 0
        let first = request.sharedAttributes.count
        // Once for what is of the resource, which may come behind its spans.
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1: dropped += try readResource(field.content(), into: &resource, first)
            case 2: _ = try field.content()
            case 3: resource.schemaURL = ByteSpan(try field.content())
            default: break
            }
        }
        resource.attributes = listSpan(first, request.sharedAttributes.count)
        resource.droppedAttributes = saturate(resource.droppedAttributes, dropped)
        request.resources.append(resource)
        reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            if field.number == 2 { try scopeSpans(field.payload, resource: number) }
        }
    }

    private mutating func readResource(
        _ range: Range<Int>, into resource: inout ParsedResource, _ first: Int
    ) throws -> Int {
        var dropped = 0
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1:
                if let attribute = try attribute(field.content(), have: request.sharedAttributes.count - first) {
                    request.sharedAttributes.append(attribute)
                } else {
                    dropped += 1
                }
            case 2: resource.droppedAttributes = UInt32(truncatingIfNeeded: try field.scalar(.varint))
            case 3:
                _ = try field.content()
                try countElement()
                if resource.entityRefs.count + field.range.count <= limits.maxEncodedValueBytes {
                    resource.entityRefs.append(contentsOf: bytes[field.range])
                }
            default: break
            }
        }
        return dropped
    }

    private mutating func scopeSpans(_ range: Range<Int>, resource: UInt32) throws {
        try countElement()
        let number = UInt32(truncatingIfNeeded: request.scopes.count)
        var scope = ParsedScope()
        var dropped = 0
        let first = request.sharedAttributes.count
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1: dropped += try readScope(field.content(), into: &scope, first)
            case 2: _ = try field.content()
            case 3: scope.schemaURL = ByteSpan(try field.content())
            default: break
            }
        }
        scope.attributes = listSpan(first, request.sharedAttributes.count)
        scope.droppedAttributes = saturate(scope.droppedAttributes, dropped)
        request.scopes.append(scope)
        reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            if field.number == 2 { try span(field.payload, resource: resource, scope: number) }
        }
    }

    private mutating func readScope(
        _ range: Range<Int>, into scope: inout ParsedScope, _ first: Int
    ) throws -> Int {
        var dropped = 0
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1: scope.name = ByteSpan(try field.content())
            case 2: scope.version = ByteSpan(try field.content())
            case 3:
                if let attribute = try attribute(field.content(), have: request.sharedAttributes.count - first) {
                    request.sharedAttributes.append(attribute)
                } else {
                    dropped += 1
                }
            case 4: scope.droppedAttributes = UInt32(truncatingIfNeeded: try field.scalar(.varint))
            default: break
            }
        }
        return dropped
    }

    /// Counts what costs memory.
    mutating func countElement() throws {
        elements += 1
        guard elements <= limits.maxElementsPerRequest else {
            throw PushError.tooLarge(
                "request holds more than \(limits.maxElementsPerRequest) attributes, events, links, resources and "
                    + "scopes")
        }
    }

    func listSpan(_ first: Int, _ end: Int) -> ListSpan {
        ListSpan(first: UInt32(truncatingIfNeeded: first), count: UInt32(truncatingIfNeeded: end - first))
    }

    func saturate(_ count: UInt32, _ more: Int) -> UInt32 {
        UInt32(clamping: Int(count) + more)
    }
}
