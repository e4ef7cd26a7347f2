import Testing

@testable import QueryFrontend

struct DurationTextTests {
    @Test(
        arguments: [
            ("0", 0), ("0s", 0), ("1h30m", 5_400_000_000_000), ("500ms", 500_000_000), ("1.5s", 1_500_000_000),
            ("-2m", -120_000_000_000), ("+1us", 1000), ("1µs", 1000), (".5h", 1_800_000_000_000), ("1.", nil),
            ("", nil),
            ("-", nil), ("5", nil), ("7d", nil), ("1 s", nil), ("s", nil), (".s", nil), ("1e3s", nil),
            ("9223372036854775807ns", Int64.max), ("9223372036854775808ns", nil), ("2562048h", nil), ("1.5ns", 1),
        ] as [(String, Int64?)])
    func `Go durations`(_ text: String, _ nanoseconds: Int64?) {
        #expect(GoDuration.parse(text) == nanoseconds.map { .nanoseconds($0) })
    }

    @Test(
        arguments: [
            (0, "0s"), (1, "1ns"), (1500, "1.5µs"), (2_000_000, "2ms"), (1_500_000_000, "1.5s"),
            (60_000_000_000, "1m0s"),
            (3_600_000_000_000, "1h0m0s"), (-90_000_000_000, "-1m30s"), (Int64.min, "-2562047h47m16.854775808s"),
        ] as [(Int64, String)])
    func `durations print as Go prints them`(_ nanoseconds: Int64, _ text: String) {
        #expect(GoDuration.format(.nanoseconds(nanoseconds)) == text)
    }

    @Test(
        arguments: [
            ("0", 0), ("1d", 86_400_000), ("2w", 1_209_600_000), ("1h30m", 5_400_000), ("1y", 31_536_000_000),
            ("1s500ms", 1500), ("30", nil), ("1.5h", nil), ("", nil), ("1m1h", nil), ("1h1h", nil), ("-1h", nil),
            ("1d ", nil), ("99999999999999999999d", nil), ("999999999999y", nil), ("h", nil),
        ] as [(String, Int64?)])
    func `Prometheus durations`(_ text: String, _ milliseconds: Int64?) {
        #expect(PrometheusDuration.parse(text) == milliseconds.map { .milliseconds($0) })
    }

    @Test(arguments: ["0s", "1d12h", "2w", "10d", "1h30m", "1s500ms"])
    func `Prometheus durations print shortest`(_ text: String) throws {
        #expect(PrometheusDuration.format(try #require(PrometheusDuration.parse(text))) == text)
    }
}
