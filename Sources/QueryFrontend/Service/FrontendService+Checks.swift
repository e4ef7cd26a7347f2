import TraceQL

extension FrontendService {
    /// The checks of one request; those of search and tag queries look the URL up in the deny list on their way.
    func checks(_ scope: QueryScope) -> QueryTextChecks {
        guard !denyList.isEmpty else { return textChecks }
        var checks = textChecks
        let denyList = denyList
        let path = scope.target.rawPath
        checks.clampedQuery = { items, range throws(APIError) in
            try denyList.check(path + "?" + range.applied(to: items).encoded)
        }
        return checks
    }

    /// Looks the URL up as the client spelled it.
    func checkURL(_ scope: QueryScope) throws(APIError) {
        guard !denyList.isEmpty else { return }
        try denyList.check(scope.target.url)
    }
}

/// Checks of TraceQL texts at the places where Tempo makes them, so that a bad query is refused before any target is
/// asked.
extension QueryTextChecks {
    /// - Parameters:
    ///   - limits: the text's own size is checked before, with a text of its own.
    ///   - maxConditionGroups: of a tag query; zero: no limit.
    init(limits: ParseLimits, maxConditionGroups: Int = 0) {
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
        conditionGroups = { text throws(APIError) in
            do throws(TagFilter.TooManyGroups) {
                _ = try TagFilter.parse(text, limits: limits, maxGroups: maxConditionGroups)
            } catch {
                throw .badRequest("\(error)")
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

    /// The filter of a trace lookup.
    private static func checkFilter(_ text: String, _ limits: ParseLimits) throws(APIError) {
        do throws(TraceFilter.Failure) {
            _ = try TraceFilter(text, limits: limits)
        } catch {
            throw .badRequest("invalid TraceQL filter: \(error)")
        }
    }
}
