import Foundation
import TestSupport
import TraceQL

/// A query with what Tempo's parser and validator said about it.
struct RecordedQuery: Decodable {
    var q: String
    var ok: Bool
    var canonical: String?
    var error: String?
    var kind: String?

    static func all() throws -> [RecordedQuery] { try Corpus.load("traceql-cases", in: .module, atLeast: 4_152) }
}

/// A case in which we answer something else than what was recorded, on purpose.
///
/// `row` is the row of DEPARTURES.md.
struct Departure: Decodable {
    enum What: String, Decodable {
        /// The error text.
        case error
        /// The canonical text in Tempo's style, and what follows from it.
        case canonical
        /// The text after rewriting, and the storage conditions.
        case optimized
        /// The canonical text that can be read back.
        case reparsable
    }

    var `case`: String
    var row: String
    var what: What
    var expected: String

    static func all(_ what: What) throws -> [String: Departure] {
        let all: [Departure] = try Corpus.load("departures", in: .module, atLeast: 90)
        return Dictionary(all.filter { $0.what == what }.map { ($0.case, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

/// What a text comes to: canonical texts of a valid query, or the error.
enum Outcome {
    case valid(tempo: String, reparsable: String, query: Query)
    case invalid(String)

    init(_ text: String) {
        do {
            let query = try Query.parse(text)
            try query.validate()
            self = .valid(
                tempo: String(decoding: query.canonicalText(.tempo), as: UTF8.self),
                reparsable: String(decoding: query.canonicalText(.reparsable), as: UTF8.self), query: query)
        } catch {
            self = .invalid("\(error)")
        }
    }
}
