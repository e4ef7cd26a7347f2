import TraceQL

/// The check of a TraceQL metrics query on `/api/metrics/query_range` and `/api/metrics/query`, with Tempo's texts, which
/// differ between the two and from those of a search.
enum MetricsQueryCheck {
    /// - Parameters:
    ///   - isInstant: of `/api/metrics/query`, where all errors are those of compiling.
    ///   - range: checked already; a time of 0 is refused here.
    static func check(
        _ items: QueryItems, isInstant: Bool, range: MetricsWindow, limits: ParseLimits
    ) throws(APIError) -> Query {
        let text = items.text("q") ?? items.text("query") ?? ""
        let compiling = "compiling query: "
        let query: Query
        do throws(ParseError) {
            query = try Query.parse(text, limits: limits)
        } catch {
            throw .badRequest((isInstant ? compiling : "") + "\(error)")
        }
        guard range.start != 0 else { throw .badRequest("start required") }
        do throws(ValidationError) {
            try query.validate()
        } catch {
            throw .badRequest(compiling + "\(error)")
        }
        guard query.isMetricsQuery else { throw .badRequest("not a metrics query") }
        return query
    }
}
