import HTTPTransport
import TempoAPI
import Testing

@testable import QueryFrontend
import TestSupport

/// One row of a `service-*.json` table: a configuration, what the targets answer, a request, and what is expected of both
/// sides.
struct ServiceCase: Decodable, Sendable, CustomTestStringConvertible {
    struct Request: Decodable, Sendable {
        let method: String?
        let target: String
        /// Name and value of each line, in order.
        let headers: [[String]]?
        let body: String?
    }

    /// What a target answers; the first rule that fits counts. A request that none fits is answered 599.
    struct Rule: Decodable, Sendable {
        let target: String?
        let tenant: String?
        /// The beginning of the path.
        let path: String?
        let attempt: Int?
        /// A piece of the parameter `q`.
        let query: String?
        let status: Int?
        let headers: [String: String]?
        let text: String?
        let json: JSONValue?
        /// A `TraceByIDResponse` as JSON, sent as protobuf.
        let trace: JSONValue?
        /// A `Trace` as JSON, sent as protobuf.
        let bareTrace: JSONValue?
        /// Traces of a search, newest last or first as written; as many as the request's `limit` are sent.
        let traces: [JSONValue]?
        /// A code of `HTTPClientError`.
        let error: String?
    }

    struct Sent: Decodable, Sendable {
        /// The label of the request that is meant.
        let request: String
        /// Fields that it has, null: has not.
        let headers: [String: String?]?
        /// Parameters that it has, null: has not.
        let parameters: [String: String?]?
        /// The whole raw query.
        let query: String?
        let body: String?
    }

    struct Expected: Decodable, Sendable {
        let status: Int
        let text: String?
        let json: JSONValue?
        let headers: [String: String?]?
        let contains: [String]?
        let lacks: [String]?
        /// Labels of all requests to targets, sorted.
        let asked: [String]?
        let sent: [Sent]?
        let logContains: [String]?
        let logLacks: [String]?
    }

    let name: String
    let config: String?
    let overrides: String?
    /// `allowed_headers` past the checks of a file.
    let allowedHeaders: [String]?
    let request: Request
    let upstream: [Rule]?
    let expected: Expected

    var testDescription: String { name }

    func check() async throws {
        let rules = upstream ?? []
        let harness = try ServiceHarness(
            config ?? ServiceHarness.oneTarget, overrides: overrides ?? "", allowedHeaders: allowedHeaders ?? []
        ) {
            request in
            guard let rule = rules.first(where: { $0.fits(request) }) else {
                return .text(599, "no rule for \(request.label)")
            }
            return try rule.answer(request)
        }
        let answer = try await harness.send(
            request.method ?? "GET", request.target, fields: (request.headers ?? []).map { ($0[0], $0[1]) },
            body: Array((request.body ?? "").utf8))
        compare(answer, harness)
    }

    private func compare(_ answer: ServiceAnswer, _ harness: ServiceHarness) {
        #expect(answer.status == expected.status, "\(name): \(answer.text)")
        if let text = expected.text { #expect(answer.text == text, "\(name)") }
        if let json = expected.json {
            let isEqual = answer.json == json
            #expect(isEqual, "\(name): \(answer.text)")
        }
        for (field, value) in expected.headers ?? [:] {
            #expect(answer.fields[field] == value, "\(name): \(field)")
        }
        for part in expected.contains ?? [] { #expect(answer.text.contains(part), "\(name): \(answer.text)") }
        for part in expected.lacks ?? [] { #expect(!answer.text.contains(part), "\(name): \(answer.text)") }
        let requests = harness.transport.requests
        if let asked = expected.asked { #expect(requests.map(\.label).sorted() == asked, "\(name)") }
        for sent in expected.sent ?? [] {
            guard let request = requests.first(where: { $0.label == sent.request }) else {
                Issue.record("\(name): \(sent.request) was not asked, but \(requests.map(\.label))")
                continue
            }
            for (field, value) in sent.headers ?? [:] {
                #expect(request.fields.all(field) == (value.map { [$0] } ?? []), "\(name): \(field)")
            }
            for (parameter, value) in sent.parameters ?? [:] {
                #expect(request.parameter(parameter) == value, "\(name): \(parameter) in \(request.query)")
            }
            if let query = sent.query { #expect(request.query == query, "\(name)") }
            if let body = sent.body { #expect(request.body == Array(body.utf8), "\(name)") }
        }
        let log = harness.log.lines.joined()
        for part in expected.logContains ?? [] { #expect(log.contains(part), "\(name): \(log)") }
        for part in expected.logLacks ?? [] { #expect(!log.contains(part), "\(name): \(log)") }
        #expect(harness.transport.inFlight == 0, "\(name)")
    }
}

extension ServiceCase.Rule {
    func fits(_ request: ScriptedRequest) -> Bool {
        (target == nil || target == request.target) && (tenant == nil || tenant == request.tenant)
            && (path.map { request.path.hasPrefix($0) } ?? true) && (attempt == nil || attempt == request.attempt)
            && (query.map { (request.parameter("q") ?? "").contains($0) } ?? true)
    }

    func answer(_ request: ScriptedRequest) throws -> ScriptedAnswer {
        if let error { throw HTTPClientError(code: try Self.code(error), message: "scripted \(error)") }
        var answer = ScriptedAnswer(status: status ?? 200)
        if let json {
            answer = try .json(String(decoding: json.bytes(), as: UTF8.self))
        } else if let trace {
            answer = .protobuf(try TraceByIDResponse.decode(json: trace.bytes()).protobuf)
        } else if let bareTrace {
            answer = .protobuf(try Trace.decode(json: bareTrace.bytes()).protobuf)
        } else if let traces {
            let limit = request.parameter("limit").flatMap { Int($0) } ?? 20
            answer = try .json(
                String(
                    decoding: JSONValue.object(["traces": .array(Array(traces.prefix(limit)))]).bytes(), as: UTF8.self))
        } else if let text {
            answer = .text(200, text)
        }
        answer.status = status ?? 200
        for (name, value) in (headers ?? [:]).sorted(by: { $0.key < $1.key }) { answer.fields.set(name, value) }
        return answer
    }

    private struct UnknownCode: Error { let text: String }

    private static func code(_ text: String) throws -> HTTPClientError.Code {
        let all: [HTTPClientError.Code] = [
            .invalidRequest, .nameResolution, .connect, .connectTimeout, .firstByteTimeout, .bodyTimeout,
            .deadlineExceeded, .connectionClosed, .malformedResponse, .bodyTooLarge, .poolExhausted, .cancelled,
        ]
        guard let code = all.first(where: { $0.description == text }) else { throw UnknownCode(text: text) }
        return code
    }
}
