@testable import TenantFederation
import Testing

@testable import QueryFrontend

/// The value of the header field.
struct ClockSkewTextTests {
    private func pair(
        _ first: Int, _ second: Int, _ offset: Int64?, skewed: Bool = true, contradictory: Bool = false
    ) -> ClockSkewReport.Pair {
        ClockSkewReport.Pair(
            first: first, second: second, offset: offset, exchanges: 3, childrenBeforeParents: 1,
            reverseChildrenBeforeParents: 1, isSkewed: skewed, isContradictory: contradictory)
    }

    @Test func `pairs come in order, after what was done about them`() {
        let report = ClockSkewReport(
            pairs: [pair(0, 1, 120_000_000), pair(1, 2, nil, contradictory: true)],
            shifts: [
                .init(member: 1, nanoseconds: -120_000_000, isCut: false),
                .init(member: 2, nanoseconds: 1_000_000_000, isCut: true),
            ])
        #expect(
            ClockSkewText(report) { "t\($0)" }.value
                == "t1;shifted=-120ms, t2;shifted=+1000ms;cut, t0->t1=+120ms;pairs=3;before=2, "
                + "t1->t2=unknown;pairs=3;before=2;contradictory")
    }

    @Test func `clocks that agree are not told`() {
        var agreeing = pair(0, 1, 12, skewed: false)
        agreeing.childrenBeforeParents = 0
        agreeing.reverseChildrenBeforeParents = 0
        #expect(ClockSkewText(ClockSkewReport(pairs: [agreeing])) { "t\($0)" }.value == nil)
        #expect(ClockSkewText(ClockSkewReport(pairs: [])) { "t\($0)" }.value == nil)
    }

    @Test(
        arguments: [
            (0, "+0ms"), (120_000_000, "+120ms"), (-120_000_000, "-120ms"), (1_500_000, "+1.5ms"),
            (-1_050_000, "-1.05ms"),
            (1000, "+0.001ms"), (499, "+0ms"), (-499, "+0ms"), (-500, "-0.001ms"), (999_999_600, "+1000ms"),
            (.max, "+9223372036854.776ms"), (.min, "-9223372036854.776ms"),
        ] as [(Int64, String)])
    func `offsets are milliseconds`(nanoseconds: Int64, text: String) {
        #expect(ClockSkewText.milliseconds(nanoseconds) == text)
    }

    @Test func `a name cannot break out of its item`() {
        let value = ClockSkewText(ClockSkewReport(pairs: [pair(0, 1, 5_000_000)])) {
            $0 == 0 ? "a,b;c=d->e\"\r\nX: y" : "grün \u{1F600}"
        }.value
        #expect(value == "a?b?c?d-?e???X:?y->gr?n??=+5ms;pairs=3;before=2")
    }

    @Test func `the value is bounded and says how much is missing`() throws {
        let pairs = (0..<500).map { pair($0, $0 + 1, 1_000_000_000_000_000_000) }
        for length in [1, 8, 40, 64, 500] {
            let value = try #require(
                ClockSkewText(ClockSkewReport(pairs: pairs)) { _ in String(repeating: "n", count: length) }.value)
            #expect(value.utf8.count <= ClockSkewText.maxBytes)
            let items = value.split(separator: ", ")
            let more = try #require(items.last.flatMap { Int($0.dropFirst().dropLast(5)) })
            #expect(items.count - 1 + more == 500)
        }
    }
}
