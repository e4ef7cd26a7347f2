import Foundation
import TestSupport
import Testing
import TraceQL

/// The evaluator against what single-tenant Tempo found.
@Suite(.computeThreads) struct EvaluationCaseTests {
    /// A case in which we find something else on purpose.
    struct Departure: Decodable {
        var name: String
        /// The row of the quirks of traceql.md 21 that differences.md 21 gives the sane meaning; `17.9` for effects of
        /// dedicated columns; `header` for a root name that vanishes when it is grouped by.
        var row: String
        /// What we find, as `outcome` writes it.
        var expected: [String]
    }

    /// What a query finds in a trace, as text.
    static func outcome(_ recorded: EvaluationCase) -> [String] {
        do {
            let query = try Query.parse(recorded.q)
            let evaluator = try SearchEvaluator(query)
            let table = TraceFiller().table(recorded.trace, evaluator.projection)
            var state = EvaluationState()
            let sets = try evaluator.evaluate(table, &state)
            var lines = sets.map { set -> String in
                let spans = set.spans.map { line($0, evaluator, table, &state) }.sorted()
                let attributes = set.attributes.map { "\($0.key)=\(CaseValue($0.value).text)" }.sorted()
                return "\(set.matched) \(attributes) \(spans)"
            }.sorted()
            if !sets.isEmpty { lines.append(header(table)) }
            return lines
        } catch {
            return ["error: \(error)"]
        }
    }

    private static func line(
        _ index: Int32, _ evaluator: SearchEvaluator, _ table: SpanTable, _ state: inout EvaluationState
    ) -> String {
        let span = table.spans[Int(index)]
        let attributes = evaluator.reportedAttributes(ofSpan: Int(index), in: table, &state).map {
            "\(String(decoding: $0.key, as: UTF8.self))=\(CaseValue($0.value).text)"
        }
        let name = text(evaluator.reportedName(ofSpan: Int(index), in: table, state), table)
        return
            "\(String(span.id.value, radix: 16)) '\(name)' \(span.startUnixNano - TraceFiller.base) \(span.durationNanos) \(attributes.sorted())"
    }

    private static func header(_ table: SpanTable) -> String {
        let summary = TraceSummary(table)
        let services = summary.services.map {
            "\(text($0.name, table)):\($0.spanCount):\($0.errorCount)"
        }
        return
            "root \(text(summary.rootServiceName, table)) \(text(summary.rootName, table)) start \(summary.startUnixNano - TraceFiller.base) ms \(summary.durationNanos / 1_000_000) \(services.sorted())"
    }

    private static func text(_ ref: StringRef?, _ table: SpanTable) -> String {
        guard let ref else { return "" }
        return table.dictionary.withBytes(of: ref) { String(decoding: $0, as: UTF8.self) }
    }

    /// What was recorded, in the same words.
    static func wanted(_ recorded: EvaluationCase) -> [String] {
        if let error = recorded.error { return ["error: \(error)"] }
        var lines = recorded.spansets.map { set -> String in
            let spans = set.spanList.map { span -> String in
                let attributes = span.attributes.map { "\($0.key)=\($0.value.text)" }
                return "\(span.id) '\(span.name)' \(span.start) \(span.duration) \(attributes.sorted())"
            }
            let attributes = set.attributes.map { "\($0.key)=\($0.value.text)" }
            return "\(set.matched) \(attributes.sorted()) \(spans.sorted())"
        }.sorted()
        if let meta = recorded.meta {
            let services = meta.serviceStats.map { "\($0.key):\($0.value.spanCount):\($0.value.errorCount)" }
            lines.append(
                "root \(meta.rootServiceName) \(meta.rootTraceName) start \(meta.start) ms \(meta.durationMs) \(services.sorted())"
            )
        }
        return lines
    }

    @Test func findsWhatTempoFinds() throws {
        let all: [Departure] = try Corpus.load("evaluation-departures", in: .module, atLeast: 92)
        let departures = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
        var failures: [String] = []
        var rows: [String: Int] = [:]
        for recorded in try EvaluationCase.all() {
            let found = Self.outcome(recorded)
            let wanted = Self.wanted(recorded)
            if let departure = departures[recorded.name] {
                rows[departure.row, default: 0] += 1
                if found != departure.expected {
                    failures.append("\(recorded.name) is not as its departure says: \(found)")
                }
                if wanted == departure.expected { failures.append("\(recorded.name) does not depart") }
            } else if found != wanted {
                failures.append("\(recorded.name) \(recorded.q)\n   found \(found)\n   wanted \(wanted)")
            }
        }
        print(
            "evaluation departures by row of traceql.md 21:",
            rows.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })
        #expect(rows.values.reduce(0, +) == all.count, "a departure names a case that is not there")
        #expect(failures.isEmpty, "\(failures.count) of them: \(failures.prefix(3).joined(separator: "\n"))")
    }
}
