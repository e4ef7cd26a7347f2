import Foundation

/// One answer that a real Tempo gave.
struct Recording: Sendable {
    let status: Int
    let contentType: String
    let body: [UInt8]
}

/// All recorded answers, by tenant and question.
struct Recordings: Sendable {
    struct LoadError: Error, CustomStringConvertible {
        let description: String
    }

    private struct Line: Decodable {
        let tenant: String
        let accept: String
        let path: String
        let query: [String: String]
        let status: Int
        let type: String
        let body: String?
        let base64: Data?
    }

    enum Form: Hashable {
        case json
        case protobuf
    }

    private var answers: [String: [Question: [Form: Recording]]] = [:]
    /// Ids of the traces that recorded searches found, as 32 hex digits: they exist, recorded lookup or not.
    private(set) var foundTraceIDs: Set<String> = []

    /// Reads one JSON object a line.
    init(contentsOf file: URL) throws {
        guard let data = try? Data(contentsOf: file) else {
            throw LoadError(description: "cannot read \(file.path)")
        }
        let decoder = JSONDecoder()
        var number = 0
        for text in data.split(separator: UInt8(ascii: "\n")) {
            number += 1
            let line: Line
            do { line = try decoder.decode(Line.self, from: Data(text)) } catch {
                throw LoadError(description: "\(file.path):\(number): \(error)")
            }
            let body = line.base64.map { Array($0) } ?? Array((line.body ?? "").utf8)
            if line.path == "/api/search", let text = line.body { foundTraceIDs.formUnion(Self.traceIDs(in: text)) }
            answers[line.tenant, default: [:]][Question(path: line.path, parameters: line.query), default: [:]][
                line.accept == "protobuf" ? .protobuf : .json
            ] = Recording(status: line.status, contentType: line.type, body: body)
        }
        guard !answers.isEmpty else { throw LoadError(description: "\(file.path) holds nothing") }
    }

    private static func traceIDs(in search: String) -> [String] {
        search.components(separatedBy: "\"traceID\":\"").dropFirst().map { rest in
            let digits = rest.prefix { $0.isHexDigit }
            return String(repeating: "0", count: max(0, 32 - digits.count)) + digits
        }
    }

    var tenants: [String] { answers.keys.sorted() }
    var count: Int { answers.values.reduce(0) { $0 + $1.count } }

    /// The recorded answer in the form asked for; a question recorded in one form only is answered in that one, and a trace recorded
    /// as protobuf only is converted.
    func answer(tenant: String, _ question: Question, form: Form) throws -> Recording? {
        guard let forms = answers[tenant]?[question] else { return nil }
        if form == .json, forms[.json] == nil, let protobuf = forms[.protobuf], protobuf.status == 200 {
            let json = try JSONTrace.convert(protobuf.body, path: question.path)
            return json.map { Recording(status: 200, contentType: "application/json", body: $0) } ?? protobuf
        }
        return forms[form] ?? forms[.json] ?? forms[.protobuf]
    }

    func knows(tenant: String) -> Bool { answers[tenant] != nil }

    /// What a tenant can be asked at an endpoint, for the text of a refusal.
    func questions(tenant: String, at isEndpoint: (String) -> Bool) -> [String] {
        (answers[tenant] ?? [:]).keys.filter { isEndpoint($0.path) }.map(\.text).sorted()
    }
}
