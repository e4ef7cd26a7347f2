/// The form of an answer that a client asked for.
enum ContentNegotiation: Sendable, Hashable {
    case protobuf
    case json
    /// The compact form for language models.
    case llm

    /// Reads the first `Accept` line as Tempo does: a plain search for names in a fixed order, upper and lower case unlike, order and
    /// weights inside the line ignored. Absent or unknown means JSON.
    init(accept: String?) {
        if Self.contains(accept, "application/protobuf") {
            self = .protobuf
        } else if Self.contains(accept, "application/json") {
            self = .json
        } else if Self.contains(accept, "application/vnd.grafana.llm") {
            self = .llm
        } else {
            self = .json
        }
    }

    private static func contains(_ accept: String?, _ name: String) -> Bool {
        guard let accept else { return false }
        let line = Array(accept.utf8)
        let wanted = Array(name.utf8)
        guard line.count >= wanted.count else { return false }
        return (0...(line.count - wanted.count)).contains { line[$0..<($0 + wanted.count)].elementsEqual(wanted) }
    }
}
