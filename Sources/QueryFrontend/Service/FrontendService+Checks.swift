import TraceQL

/// Checks of TraceQL texts at the places where Tempo makes them, so that a bad query is refused before any target is
/// asked.
extension QueryTextChecks {
    /// - Parameter limits: the text's own size is checked before, with a text of its own.
    init(limits: ParseLimits) {
        self.init()
        syntax = { text throws(APIError) in _ = try Self.parse(text, limits) }
        semantics = { text throws(APIError) in
            let query = try Self.parse(text, limits)
            do throws(ValidationError) {
                try query.validate()
            } catch {
                throw .badRequest("invalid TraceQL query: \(error)")
            }
        }
        identifier = { text throws(APIError) in
            do throws(Identifier.Failure) {
                _ = try Identifier.parse(text, limits: limits)
            } catch {
                throw .badRequest("please provide a valid tagName: \(error)")
            }
        }
        spansetFilter = { text throws(APIError) in try Self.checkFilter(text, limits) }
    }

    private static func parse(_ text: String, _ limits: ParseLimits) throws(APIError) -> Query {
        do throws(ParseError) {
            return try Query.parse(text, limits: limits)
        } catch {
            throw .badRequest("invalid TraceQL query: \(error)")
        }
    }

    /// The filter of a trace lookup. Which attributes it may use is the target's to say.
    private static func checkFilter(_ text: String, _ limits: ParseLimits) throws(APIError) {
        let prefix = "invalid TraceQL filter: "
        let query: Query
        do {
            query = try Query.parse(text, limits: limits)
            try query.validate()
        } catch {
            throw .badRequest(prefix + "failed to parse TraceQL spanset filter: \(error)")
        }
        guard !query.isMetricsQuery else {
            throw .badRequest(prefix + "only a single TraceQL filter is supported: got a metrics query")
        }
        guard case .spansets(let pipeline) = query.root, pipeline.elements.count == 1,
            case .spanset(let spanset) = pipeline.elements[0].kind, case .filter = spanset.kind
        else {
            throw .badRequest(prefix + "only a single TraceQL filter is supported: got a structural or aggregate query")
        }
    }
}
