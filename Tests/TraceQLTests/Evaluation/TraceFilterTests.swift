import TestSupport
import Testing
import TraceQL

/// The filter of trace lookups.
@Suite(.computeThreads) struct TraceFilterTests {
    /// What we keep otherwise than was recorded, by line of traceql.md 21: a span for which the expression cannot be evaluated does
    /// not match (20); ids match whatever case they are written in (23).
    private static let departures: [String: (row: String, expected: [String])] = [
        "shop-q1-011": ("20", ["3"]),
        "shop-q1-012": ("20", ["3"]),
        "shop-q1-015": ("20", []),
        "shop-q1-016": ("20", ["1", "4"]),
        "shop-q1-037": ("23", ["3"]),
        "shop-q1-038": ("23", ["3"]),
        "vals-q4-026": ("20", ["3"]),
        "vals-q4-057": ("20", ["2", "3"]),
        "vals-q4-072": ("20", ["2"]),
        "vals-q4-081": ("20", ["3"]),
        "vals-q4-082": ("20", []),
        "vals-q4-107": ("20", ["1", "2"]),
        "vals-q4-108": ("20", ["3"]),
        "ids-q8-002": ("23", ["b7ad6b7169203331"]),
        "ids-q8-024": ("23", ["c8be7c827a314442"]),
    ]

    private static func found(_ recorded: EvaluationCase) throws -> [String] {
        let filter = try TraceFilter(recorded.q)
        let table = TraceFiller().table(recorded.trace, filter.projection)
        var state = EvaluationState()
        let matches = filter.matches(table, &state)
        return zip(table.spans, matches).filter { $1 }.map { String($0.0.id.value, radix: 16) }.sorted()
    }

    @Test func keepsWhatTempoKeeps() throws {
        var failures: [String] = []
        var kept = 0
        var refused = 0
        var departed = 0
        for recorded in try EvaluationCase.all() where recorded.storage == "any" {
            let wanted: [String]
            switch recorded.traceFilter {
            case nil:
                // Metrics, structural and aggregate queries, and what takes the whole trace.
                refused += 1
                if (try? TraceFilter(recorded.q)) != nil { failures.append("\(recorded.name) \(recorded.q) is taken") }
                continue
            case .spans(let spans): wanted = spans.sorted()
            case .failure: wanted = ["error"]
            }
            let found = (try? Self.found(recorded)) ?? ["refused"]
            kept += 1
            if let departure = Self.departures[recorded.name] {
                departed += 1
                if found != departure.expected { failures.append("\(recorded.name): \(found)") }
                if found == wanted { failures.append("\(recorded.name) does not depart") }
            } else if found != wanted {
                failures.append("\(recorded.name) \(recorded.q): \(found), not \(wanted)")
            }
        }
        #expect(kept > 250 && refused > 100)
        #expect(departed == Self.departures.count)
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }

    @Test(
        arguments: [
            (
                #"{ name = "a" } && { name = "b" }"#,
                "only a single TraceQL filter is supported: got a structural or aggregate query"
            ),
            (#"{ true } | rate()"#, "only a single TraceQL filter is supported: got a metrics query"),
            (#"{ trace:id = "1" }"#, #"intrinsic is not supported by this filter: "trace:id""#),
            (#"{ rootName = "x" && name = "y" }"#, #"intrinsic is not supported by this filter: "rootName""#),
            (
                "{ true",
                "failed to parse TraceQL spanset filter: parse error at line 1, col 7: syntax error: unexpected $end"
            ),
        ])
    func refusals(_ text: String, _ wanted: String) throws {
        #expect { try TraceFilter(text) } throws: { "\($0)" == wanted }
    }

    /// A chain of ten spans with a twig at the fifth.
    @Test(
        arguments: [
            (0, 0, [5]), (-1, 0, [0, 1, 2, 3, 4, 5]), (2, 0, [3, 4, 5]), (0, -1, [5, 6, 7, 8, 9, 10]),
            (0, 1, [5, 6, 10]),
            (1, 2, [4, 5, 6, 7, 10]),
        ])
    func kinStay(_ ancestors: Int, _ descendants: Int, _ wanted: [Int]) throws {
        let filter = try TraceFilter(#"{ name = "5" }"#)
        let table = Self.chain(10, twigAt: 5, filter.projection)
        var state = EvaluationState()
        let matches = filter.matches(table, &state)
        let kept = SpanKin(ancestors: ancestors, descendants: descendants).kept(matches, in: table)
        #expect(kept.indices.filter { kept[$0] } == wanted)
    }

    @Test func deepTracesAreFiltered() throws {
        let filter = try TraceFilter(#"{ name = "99999" || name = "0" }"#)
        let table = Self.chain(100_000, twigAt: 0, filter.projection)
        var state = EvaluationState()
        let matches = filter.matches(table, &state)
        let kept = SpanKin(ancestors: -1, descendants: 1).kept(matches, in: table)
        #expect(kept.allSatisfy { $0 })
    }

    private static func chain(_ count: Int, twigAt twig: Int, _ projection: Projection) -> SpanTable {
        let strings = StringInterner()
        var table = SpanTable(projection, dictionary: strings)
        let resource = table.appendResource()
        for index in 0...count {
            let parent = index == count ? twig : index - 1
            table.appendSpan(
                SpanTable.Span(
                    id: SpanTable.SpanID(UInt64(index + 1)),
                    parentID: index == 0 ? .none : SpanTable.SpanID(UInt64(parent + 1)), startUnixNano: 1,
                    endUnixNano: 2, kind: 1, status: 0, name: strings.intern("\(index)"), resource: resource))
        }
        return table
    }
}
