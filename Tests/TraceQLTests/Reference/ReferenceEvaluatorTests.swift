import TestSupport
import Testing
import TraceQL
import TraceQLTestSupport

/// The reference itself is held against what was recorded.
@Suite(.computeThreads) struct ReferenceEvaluatorTests {
    /// What the reference answers otherwise than was recorded, by the line of traceql.md 21 that DEPARTURES.md, row 21, has
    /// us read sanely.
    static let departures: [String: [String]] = [
        "4": [
            "shop-q1-013", "shop-q3-019", "shop-q3-040", "shop-q3-041", "shop-q3-042", "shop-q3-043", "shop-q3-048",
            "shop-q3-049", "shop-q3-050", "shop-q3-051",
        ],
        "5": ["shop-q3-052", "shop-q3-053", "shop-q3-055", "shop-q3-058", "vals-q4-024"],
        "7": ["shop-q1-005", "shop-q3-036", "vals-q4-091", "ded-plain-011"],
        "11": ["vals-q5-001", "vals-q5-002", "vals-q5-006", "vals-q5-008", "vals-q5-009", "vals-q5-029"],
        "12": ["tree-q2-026", "tree-q2-028"],
        "14": [
            "orphan-q2-006", "orphan-q2-007", "orphan-q2-008", "orphan-q2-009", "orphan-q2-010", "noroot-q2-006",
            "noroot-q2-007", "noroot-q2-008", "noroot-q2-009", "noroot-q2-010", "trip-q2-006", "trip-q2-007",
            "trip-q2-008", "trip-q2-009", "trip-q2-010",
        ],
        "17": ["shop-q3-009", "shop-q3-010", "shop-q3-011", "shop-q6-022", "shop-q9-119"],
        "20": [
            "shop-q1-012", "shop-q1-016", "shop-q3-078", "shop-q3-081", "shop-q9-030", "vals-q4-026", "vals-q4-057",
            "vals-q4-072", "vals-q4-081", "vals-q5-045", "ids-q8-037", "ids-q8-038", "ded-plain-024", "ded-plain-026",
        ],
        "23": ["shop-q1-034", "shop-q1-047", "ids-q8-004", "ids-q8-026"],
        "24": ["ids-q8-007", "ids-q8-034"],
        // The fixture's numbers are read as floating point here, which these are about.
        "none": ["vals-q4-050", "vals-q4-051", "vals-q4-052"],
    ]

    @Test func recordedSearchesComeOutTheSame() throws {
        var differing: Set<String> = []
        var count = 0
        for recorded in try RecordedSearch.all() where recorded.storage != "default-dedicated-columns" {
            guard let query = try? Query.parse(recorded.q), (try? query.validate()) != nil,
                query.pipelines.count == 1
            else { continue }
            let trace = recorded.model
            let order = trace.storedOrder
            let ours = Set(ReferenceEvaluator(query, trace).spansets().map { RecordedSearch.text($0, order) })
            count += 1
            if ours != recorded.expected { differing.insert(recorded.name) }
        }
        #expect(count > 850)
        let expected = Set(Self.departures.values.joined())
        #expect(differing == expected, "\(differing.symmetricDifference(expected).sorted())")
    }
}
