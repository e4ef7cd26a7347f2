import TempoAPI

/// Puts spans of one trace together to the protobuf of a `tempopb.Trace`: batches of equal resources and within them of equal scopes
/// in the order in which they first occur, spans in order of arrival.
struct TraceAssembly {
    private struct ScopeGroup {
        var scope: [UInt8]
        var schemaURL: [UInt8]
        var spans = ProtobufWriter()
    }

    private struct ResourceGroup {
        var resource: [UInt8]
        var schemaURL: [UInt8]
        var scopes: [Int] = []
    }

    private struct Content: Hashable {
        /// The resource group, for scopes; 0 for resources.
        var parent: Int
        var message: [UInt8]
        var schemaURL: [UInt8]
    }

    private struct Place: Hashable {
        var view: Int32
        var resource: UInt32
        var scope: UInt32
    }

    private let encodings: [SpanEncoding]
    private var resources: [ResourceGroup] = []
    private var scopes: [ScopeGroup] = []
    private var resourceNumbers: [Content: Int] = [:]
    private var scopeNumbers: [Content: Int] = [:]
    private var places: [Place: Int] = [:]
    /// Of all spans so far.
    private var byteCount = 0

    private init(_ views: [SegmentView]) { encodings = views.map { SpanEncoding($0.columns) } }

    /// The bytes of the trace.
    /// - Throws: ``TraceTooLarge`` when its spans alone are more than `maxBytes`; `CancellationError`.
    static func encode(
        _ spans: [SpanLocation], of trace: TraceID, in views: [SegmentView], maxBytes: Int
    ) throws -> [UInt8] {
        var assembly = TraceAssembly(views)
        var check = CancellationCheck(every: 4096)
        for span in spans {
            try check.spend(1)
            let group = assembly.group(of: span)
            assembly.write(span, of: trace, into: group)
            if assembly.byteCount > maxBytes { throw TraceTooLarge(maxBytes: maxBytes) }
        }
        return assembly.bytes()
    }

    private mutating func write(_ span: SpanLocation, of trace: TraceID, into group: Int) {
        let before = scopes[group].spans.bytes.count
        encodings[Int(span.view)].write(Int(span.row), of: trace, to: &scopes[group].spans)
        byteCount += scopes[group].spans.bytes.count - before
    }

    /// The number of the scope group that a span belongs to.
    private mutating func group(of span: SpanLocation) -> Int {
        let view = Int(span.view)
        let place = Place(
            view: span.view, resource: encodings[view].columns.resource[Int(span.row)],
            scope: encodings[view].columns.scope[Int(span.row)])
        if let known = places[place] { return known }
        let columns = encodings[view].columns
        let encoding = encodings[view].attributes
        let (resource, scope) = (Int(place.resource), Int(place.scope))
        let resourceContent = Content(
            parent: 0, message: encoding.resource(resource),
            schemaURL: Array(columns.bytes(columns.resourceSchemaURL[resource])))
        let batch = resourceNumbers[resourceContent] ?? resources.count
        if batch == resources.count {
            resources.append(ResourceGroup(resource: resourceContent.message, schemaURL: resourceContent.schemaURL))
            resourceNumbers[resourceContent] = batch
        }
        let scopeContent = Content(
            parent: batch, message: encoding.scope(scope),
            schemaURL: Array(columns.bytes(columns.scopeSchemaURL[scope])))
        let group = scopeNumbers[scopeContent] ?? scopes.count
        if group == scopes.count {
            scopes.append(ScopeGroup(scope: scopeContent.message, schemaURL: scopeContent.schemaURL))
            scopeNumbers[scopeContent] = group
            resources[batch].scopes.append(group)
        }
        places[place] = group
        return group
    }

    private static func size(ofSchemaURL text: [UInt8]) -> Int {
        text.isEmpty ? 0 : ProtobufWriter.size(ofField: 3, content: text.count)
    }

    private func size(ofScope number: Int) -> Int {
        let group = scopes[number]
        return ProtobufWriter.size(ofField: 1, content: group.scope.count) + group.spans.bytes.count
            + Self.size(ofSchemaURL: group.schemaURL)
    }

    private func size(ofResource number: Int) -> Int {
        let group = resources[number]
        return ProtobufWriter.size(ofField: 1, content: group.resource.count) + Self.size(ofSchemaURL: group.schemaURL)
            + group.scopes.reduce(0) { $0 + ProtobufWriter.size(ofField: 2, content: size(ofScope: $1)) }
    }

    private mutating func bytes() -> [UInt8] {
        var writer = ProtobufWriter()
        let sizes = resources.indices.map { size(ofResource: $0) }
        writer.bytes.reserveCapacity(sizes.reduce(0) { $0 + ProtobufWriter.size(ofField: 1, content: $1) })
        for (batch, size) in zip(resources, sizes) {
            writer.header(1, content: size)
            writer.field(1, bytes: batch.resource)
            for number in batch.scopes {
                writer.header(2, content: self.size(ofScope: number))
                writer.field(1, bytes: scopes[number].scope)
                writer.bytes.append(contentsOf: scopes[number].spans.bytes)
                if !scopes[number].schemaURL.isEmpty { writer.field(3, bytes: scopes[number].schemaURL) }
                // What has been copied is not needed twice.
                scopes[number].spans = ProtobufWriter()
            }
            if !batch.schemaURL.isEmpty { writer.field(3, bytes: batch.schemaURL) }
        }
        return writer.bytes
    }
}
