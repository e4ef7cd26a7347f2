import Testing
import TestSupport
import TraceQL

/// Storage conditions and rewriting against the recorded ones.
@Suite(.computeThreads) struct StorageConditionsTests {
    struct Recorded: Decodable {
        struct Condition: Decodable, Equatable {
            var attr: String
            var op: String
            var operands: [String]?
        }

        struct Request: Decodable, Equatable {
            var fragment: String?
            var allConditions: Bool
            var conditions: [Condition]
            var secondPass: [Condition]
            var secondPassSelectAll: Bool?
        }

        var q: String
        var optimized: String
        var rewrites: Int
        var requests: [Request]
    }

    private func list(_ conditions: [StorageConditions.Condition]) -> [Recorded.Condition] {
        conditions.map { condition in
            let attribute = condition.attribute.tempoText
            switch condition.test {
            case .load: return Recorded.Condition(attr: attribute, op: "none")
            case .exists: return Recorded.Condition(attr: attribute, op: "exists")
            case .isNil: return Recorded.Condition(attr: attribute, op: "not exists")
            case .compare(let op, let value):
                return Recorded.Condition(attr: attribute, op: op.text, operands: [value.text(.tempo)])
            }
        }
    }

    private func requests(_ query: Query) -> [Recorded.Request] {
        let all = query.storageConditions
        return all.map {
            Recorded.Request(
                fragment: all.count > 1 ? $0.fragment : nil, allConditions: $0.allConditions,
                conditions: list($0.conditions), secondPass: list($0.secondPass),
                secondPassSelectAll: $0.secondPassSelectsAll ? true : nil)
        }.sorted { ($0.fragment ?? "") < ($1.fragment ?? "") }
    }

    @Test func conditionsAndRewritesAreTempos() throws {
        let departures = try Departure.all(.optimized)
        let cases: [Recorded] = try Corpus.load("traceql-conditions-cases", in: .module, atLeast: 2_110)
        var failures: [String] = []
        for recorded in cases {
            let query = try Query.parse(recorded.q)
            let (rewritten, count) = query.orToIn()
            let text = String(decoding: rewritten.canonicalText(.tempo), as: UTF8.self)
            let wanted = recorded.requests.sorted { ($0.fragment ?? "") < ($1.fragment ?? "") }
            if let departure = departures[recorded.q] {
                if text != departure.expected || text == recorded.optimized { failures.append(recorded.q) }
                if requests(query) == wanted { failures.append("\(recorded.q) does not depart") }
            } else if text != recorded.optimized || count != recorded.rewrites || requests(query) != wanted {
                failures.append("\(recorded.q): \(text) \(requests(query))")
            }
        }
        #expect(failures.isEmpty, "\(failures.count) of them: \(failures.prefix(5))")
    }

    @Test func aListOfThousandsIsJoinedInOneGo() throws {
        let alternatives = (0..<8_000).map { ".a = \($0)" }.joined(separator: " || ")
        let (query, count) = try Query.parse("{ \(alternatives) }").orToIn()
        #expect(count == 7_999)
        #expect(query.storageConditions.first?.conditions.count == 1)
    }
}
