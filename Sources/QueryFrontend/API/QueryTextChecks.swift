/// Checks of TraceQL texts that belong between the parameter checks. Each throws the error that the client shall see.
/// `none` accepts everything: the upstream then answers for the text.
struct QueryTextChecks: Sendable {
    typealias Check = @Sendable (_ text: String) throws(APIError) -> Void

    /// Syntax alone, of `q` on search.
    var syntax: Check = { _ throws(APIError) in }
    /// Syntax and meaning, of `query` or else `q` on search.
    var semantics: Check = { _ throws(APIError) in }
    /// A single spanset filter, of `q` on trace lookup v2.
    var spansetFilter: Check = { _ throws(APIError) in }
    /// How many groups of conditions `q` has, on the v2 tag endpoints.
    var conditionGroups: Check = { _ throws(APIError) in }
    /// The pairs of a search or tag query with their range after the clamp: what the deny list of URLs sees.
    var clampedQuery: @Sendable (_ items: QueryItems, _ range: DateRange) throws(APIError) -> Void = {
        _, _ throws(APIError) in
    }
    /// A tag name of the v2 tag values endpoint.
    var identifier: Check = { _ throws(APIError) in }

    static let none = QueryTextChecks()
}
