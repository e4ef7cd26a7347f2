import TraceQL

/// The hint `with(most_recent=true)`: the newest traces are wanted, not any.
struct MostRecentHint {
    static let name = "most_recent"

    /// The hint's value; nil when the query does not name it, or is none.
    let isSet: Bool?
    private let query: Query?

    init(_ query: Query?) {
        self.query = query
        isSet = query?.hints.last { $0.name == Self.name }.map { $0.value == .boolean(true) }
    }

    /// The canonical text of the query with the hint added; nil for what is no query, or whose text does not read back.
    var added: String? {
        guard var query else { return nil }
        query.hints.append(Hint(Self.name, .boolean(true)))
        let text = query.description
        guard let read = try? Query.parse(text), read == query else { return nil }
        return text
    }
}
