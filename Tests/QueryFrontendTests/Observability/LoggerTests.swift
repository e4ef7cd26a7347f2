import Synchronization
import Testing

@testable import QueryFrontend

struct LoggerTests {
    private final class Lines: LogSink {
        let lines = Mutex<[[UInt8]]>([])
        func write(_ line: [UInt8]) { lines.withLock { $0.append(line) } }
        var texts: [String] { lines.withLock { $0.map { String(decoding: $0, as: UTF8.self) } } }
    }

    private static func line(
        _ format: LogFormat, _ message: String, _ fields: KeyValuePairs<String, LogValue>
    ) -> String {
        let sink = Lines()
        let logger = Logger(level: .info, format: format, sink: sink, now: { 1_700_000_000_000_000_042 })
        logger.info(message, fields, file: "QueryFrontend/Some.swift", line: 7)
        return sink.texts.joined()
    }

    private static let head = "level=info ts=2023-11-14T22:13:20.000000042Z caller=Some.swift:7 msg="

    @Test func `logfmt has level, ts, caller, msg, then the fields as given`() {
        #expect(
            LoggerTests.line(
                .logfmt, "query stats",
                ["z": "a", "n": 5, "f": 1.5, "b": true, "d": .duration(.milliseconds(1500)), "u": .uint(.max), "e": ""])
                == LoggerTests.head + "\"query stats\" z=a n=5 f=1.5 b=true d=1.5s u=18446744073709551615 e=\n")
    }

    @Test(arguments: [
        ("plain/v:1.2", "plain/v:1.2"), ("a b", "\"a b\""), ("a=b", "\"a=b\""), ("say \"x\"", "\"say \\\"x\\\"\""),
        ("back\\slash", "back\\slash"), ("a\nb", "\"a\\nb\""), ("a\r\n\tb", "\"a\\r\\n\\tb\""),
        ("\u{1B}[31m", "\"\\u001b[31m\""), ("del\u{7F}", "\"del\\u007f\""), ("c1\u{9B}", "\"c1\\u009b\""),
        ("line\u{2028}", "\"line\\u2028\""), ("żółw€", "żółw€"), ("\0", "\"\\u0000\""), ("{foo|bar}", "{foo|bar}"),
    ])
    func `logfmt quotes and escapes only what needs it`(_ value: String, _ written: String) {
        #expect(LoggerTests.line(.logfmt, "m", ["k": .string(value)]) == LoggerTests.head + "m k=" + written + "\n")
    }

    @Test func `json has the same keys, one object a line`() {
        #expect(
            LoggerTests.line(
                .json, "a \"b\"\n",
                ["n": 5, "f": .double(.infinity), "b": false, "d": .duration(.seconds(1)), "s": "é\u{1}"])
                == "{\"level\":\"info\",\"ts\":\"2023-11-14T22:13:20.000000042Z\",\"caller\":\"Some.swift:7\","
                + "\"msg\":\"a \\\"b\\\"\\n\",\"n\":5,\"f\":\"+Inf\",\"b\":false,\"d\":\"1s\",\"s\":\"é\\u0001\"}\n")
    }

    @Test func `whatever a value holds, a line stays one line`() {
        let hostile = String(decoding: (0...255).map { UInt8($0) }, as: UTF8.self)
        for format in LogFormat.allCases {
            let text = LoggerTests.line(format, hostile, ["k": .string(hostile), hostile: 1])
            #expect(text.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
            #expect(text.utf8.allSatisfy { $0 >= 0x20 || $0 == UInt8(ascii: "\n") })
        }
    }

    @Test func `long values are cut and say so`() {
        let text = LoggerTests.line(.logfmt, "m", ["k": .string(String(repeating: "é", count: 10_000))])
        #expect(text.utf8.count < Logger.maxValueBytes + 200)
        #expect(text.hasSuffix("é...\"\n"))
    }

    @Test func `a level that is off evaluates nothing`() {
        let sink = Lines()
        let logger = Logger(level: .warn, sink: sink, now: { 0 })
        let evaluated = Mutex(0)
        let message = { () -> String in
            evaluated.withLock { $0 += 1 }
            return "m"
        }
        logger.debug(message())
        logger.info(message(), ["k": .string(message())])
        #expect(evaluated.withLock { $0 } == 0)
        logger.warn(message())
        logger.error(message())
        #expect(sink.texts.count == 2)
        #expect(!logger.isOn(.info) && logger.isOn(.error))
    }

    @Test func `fields come after the message, in their order`() {
        let sink = Lines()
        let logger = Logger(sink: sink, now: { 0 })
        logger.log(.error, "m", fields: [("tenant", "a|b"), ("k", 1)])
        #expect(sink.texts.first?.hasSuffix("msg=m tenant=a|b k=1\n") == true)
        #expect(
            sink.texts.first?.hasPrefix("level=error ts=1970-01-01T00:00:00.000000000Z caller=LoggerTests.swift:")
                == true)
    }

    @Test(
        arguments: [
            (-1, "1969-12-31T23:59:59.999999999Z"), (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
            (4_107_542_399_000_000_000, "2100-02-28T23:59:59.000000000Z"),
            (Int64.max, "2262-04-11T23:47:16.854775807Z"),
            (Int64.min, "1677-09-21T00:12:43.145224192Z"),
        ] as [(Int64, String)])
    func `dates`(_ nanoseconds: Int64, _ text: String) {
        #expect(Timestamp.rfc3339(unixNanoseconds: nanoseconds) == text)
    }
}
