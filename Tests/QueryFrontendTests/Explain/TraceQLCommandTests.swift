import TestSupport
import Testing

@testable import QueryFrontend

struct TraceQLCommandTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let arguments: [String]
        let input: String?
        let files: [String: String]?
        let environment: [String: String]?
        let output: String?
        let errors: String?
        let exitCode: Int32

        var testDescription: String { name }
    }

    static func run(
        _ arguments: [String], input: String? = nil, files: [String: String] = [:], environment: [String: String] = [:]
    ) -> TraceQLCommand.Result {
        let command = TraceQLCommand(
            environment: environment,
            readFile: { (path: String) throws(FileReadError) in
                guard let text = files[path] else { throw FileReadError("no such file or directory") }
                return Array(text.utf8)
            }, clock: ServiceHarness.FixedClock(),
            readInput: { (limit: Int) throws(TraceQLCommand.InputError) in
                guard let input else { throw TraceQLCommand.InputError("bad file descriptor") }
                return Array(input.utf8.prefix(limit))
            })
        return command.run(arguments)
    }

    @Test(arguments: try Corpus.load("traceql-command", in: .module, atLeast: 30, as: Case.self))
    func `the command prints what is understood of a query`(_ item: Case) {
        let result = Self.run(
            item.arguments, input: item.input, files: item.files ?? [:], environment: item.environment ?? [:])
        #expect(result.output == item.output ?? "")
        #expect(result.errors == item.errors ?? "")
        #expect(result.exitCode == item.exitCode)
    }

    @Test func `standard input is read no further than a query may be long`() {
        let long = Self.run(["-"], input: "{ .a = `" + String(repeating: "x", count: 200_000) + "` }")
        #expect(long.exitCode == 1)
        #expect(long.errors == "parse error at line 1, col 1: query is longer than 131072 bytes\n")
        let files = ["f": "query_frontend: {max_query_expression_size_bytes: 5}\n" + ServiceHarness.oneTarget]
        #expect(Self.run(["-config.file=f", "-"], input: "{ 1 }", files: files).exitCode == 1)
        #expect(Self.run(["-config.file=f", "-"], input: "{   }", files: files).exitCode == 0)
        #expect(
            Self.run(["-config.file=f", "-"], input: "{    }", files: files).errors
                == "parse error at line 1, col 1: query is longer than 5 bytes\n")
    }

    @Test func `conditions that double with every element are not spelled out`() {
        let query = Array(repeating: "{ .a = 1 } && { .b = 2 }", count: 60).joined(separator: " | ")
        let result = Self.run([query])
        #expect(result.exitCode == 0)
        #expect(result.output.contains("necessary conditions: too large to be spelled out\n"))
        #expect(Self.run(["{ .a = 1 } && { .b = 2 } | { .c = 3 } && { .d = 4 }"]).output.contains("  span: { "))
    }

    @Test func `the printed conditions are queries themselves`() throws {
        for query in [
            "{}", "{ false }", "{ .a = 1 }", "{ .a = 1 && (.b = 2 || .c =~ `x|y`) && !(.d != nil) }",
            "{ .a = 1 } && ({ .b = nil } || { duration > 1s }) | { kind = server }",
            "{ .a = 1 } >> { .b = 2 && .c = 3 }",
            "{ 2 < .a && .b + 1 = 3 && span:childCount > 1 } | rate() by (.c)",
        ] {
            let output = Self.run([query]).output
            for label in ["  trace: ", "  span: "] {
                let line = try #require(output.split(separator: "\n").first { $0.hasPrefix(label) }, "\(query)")
                let again = Self.run([String(line.dropFirst(label.count))])
                #expect(again.exitCode == 0, "\(query): \(line): \(again.errors)")
            }
        }
    }

    @Test func `a long line is cut around the place, and nothing drives the terminal`() throws {
        let before = String(repeating: ".a = 1 && ", count: 1000)
        let result = Self.run(["{ " + before + "&& .b = 2 && " + before + ".c = 3 }"])
        let lines = result.errors.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[1].hasPrefix("...") && lines[1].hasSuffix("..."))
        #expect(lines[1].count < 160)
        let caret = try #require(lines[2].firstIndex(of: "^"))
        let offset = lines[2].distance(from: lines[2].startIndex, to: caret)
        #expect(lines[1].dropFirst(offset).hasPrefix("&& .b"))

        let hostile = Self.run(["{ .a = \"\u{1B}[31m\u{202E}\u{9B}2J\u{07}\" && }"])
        #expect(hostile.exitCode == 1)
        for scalar in hostile.errors.unicodeScalars {
            #expect(!["\u{1B}", "\u{202E}", "\u{9B}", "\u{07}"].contains(scalar))
        }
    }

    @Test func `no argument makes it trap`() {
        let words = [
            "-", "--", "-tenants", "-tenants=", "-config.file", "-config.file=x", "-h", "=", "-=", "{", "", "\u{0}",
        ]
        for first in words {
            for second in words {
                let result = Self.run([first, second], input: "{ .a = }\r\n")
                #expect([0, 1, 2].contains(result.exitCode))
                #expect((result.exitCode == 0) == result.errors.isEmpty, "\(first) \(second)")
            }
        }
    }
}
