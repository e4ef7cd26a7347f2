import Testing

@testable import QueryFrontend

/// Whatever the bytes, a request is accepted, redirected or refused with a client error; nothing traps.
struct HostileRequestTests {
    /// A small generator with a fixed seed, so that a failure can be repeated.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let pieces = [
        "/api/search", "/api/search/tags", "/api/v2/search/tags", "/api/search/tag/", "/api/v2/search/tag/", "/values",
        "/api/traces/", "/api/v2/traces/", "/", "//", "/.", "/..", "?", "&", "=", ";", "%", "%2F", "%zz", "%ff", "%00",
        "q", "tags", "limit", "spss", "start", "end", "since", "minDuration", "maxDuration", "scope", "mode",
        "blockStart",
        "match_depth", "keep_hierarchy", "{}", "a=b", "%22", "\\u", "%5Cud83d", "0", "1", "-1", "4294967295",
        "4294967296",
        "9223372036854775807", "-9223372036854775808", "18446744073709551616", "1e308", "1.5", "-9223372036854775807.5",
        "9223372036854774000.9", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999-24:59", "1h", "292y",
        "9223372036s",
        "-1s", "2562047h47m16.854775807s", "0.999999999999999999999h", "abcdef", "é", "\u{301}", " ", "+",
    ]

    private static let clocks: [Int64] = [0, .min, .max, -1, 1_795_220_000_000_000_000]

    @Test func assembledTargetsNeverTrap() {
        var generator = Generator(state: 1)
        var accepted = 0
        for _ in 0..<10_000 {
            var target = Self.pieces[Int.random(in: 0..<8, using: &generator)]
            for _ in 0..<Int.random(in: 0...8, using: &generator) {
                target += Self.pieces.randomElement(using: &generator) ?? ""
            }
            if check(target, now: Self.clocks.randomElement(using: &generator) ?? 0) { accepted += 1 }
        }
        #expect(accepted > 100)
    }

    @Test func parametersOfEveryNameAndValueNeverTrap() {
        let names = [
            "q", "tags", "limit", "spss", "start", "end", "since", "minDuration", "maxDuration", "scope", "mode",
            "blockStart", "blockEnd", "match_depth", "ancestor_depth", "keep_hierarchy", "maxStaleValues",
        ]
        let paths = ["/api/search", "/api/search/tags", "/api/v2/search/tag/.a/values", "/api/v2/traces/ab"]
        var generator = Generator(state: 2)
        var accepted = 0
        for _ in 0..<10_000 {
            var target = paths.randomElement(using: &generator) ?? ""
            for index in 0..<Int.random(in: 1...4, using: &generator) {
                let name = names.randomElement(using: &generator) ?? ""
                target += (index == 0 ? "?" : "&") + name + "=" + (Self.pieces.randomElement(using: &generator) ?? "")
            }
            if check(target, now: Self.clocks.randomElement(using: &generator) ?? 0) { accepted += 1 }
        }
        #expect(accepted > 1000)
    }

    @Test func grammarsNeverTrapOnBytes() {
        var generator = Generator(state: 3)
        let alphabet =
            Array("0123456789+-.eE_nsumhdwy:TZ\"=\\ {}g\u{B5}".utf8) + [0x00, 0x0A, 0x7F, 0x80, 0xC2, 0xED, 0xF4, 0xFF]
        for _ in 0..<8_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            let text = String(decoding: bytes, as: UTF8.self)
            if let value = try? GoNumber.parseInt(bytes, bits: 32) { #expect(Int32(exactly: value) != nil) }
            if let value = try? GoNumber.parseUint(bytes, bits: 32) { #expect(UInt32(exactly: value) != nil) }
            _ = try? GoNumber.parseFloat(bytes)
            if let value = try? GoDurationText.parse(bytes) {
                let printed = GoDuration.format(.nanoseconds(value))
                #expect((try? GoDurationText.parse(Array(printed.utf8))) == value, "\(text)")
            }
            if let value = try? PrometheusDurationText.parse(bytes) { #expect(value >= 0) }
            if let time = try? UnixTime.parse(parameter: bytes) {
                #expect((0..<1_000_000_000).contains(time.nanoseconds))
            }
            if let pairs = try? LogfmtPair.parse(bytes) { #expect(Set(pairs.map(\.key)).count == pairs.count) }
            _ = try? BlockIdentifier(parsing: bytes)
            _ = try? TraceIdentifier(parsing: text)
            #expect(GoQuotedText.quote(bytes).utf8.first == UInt8(ascii: "\""))
            let kept = PercentCoding.decode(PercentCoding.segmentEscaped(bytes).utf8, plusIsSpace: false)
            #expect(kept == bytes)
        }
    }

    /// Whether the request was accepted.
    private func check(_ target: String, now: Int64) -> Bool {
        switch RequestOutcome.of(target, now: now) {
        case .accepted:
            return true
        case .redirected(let location):
            guard case .target = (try? RequestTarget.parse(location)) else {
                Issue.record("the redirect of \(target) leads to \(location), which redirects again")
                return false
            }
            return false
        case .refused(_, let error):
            #expect((400...405).contains(error.status), "\(target)")
            return false
        }
    }
}
