import TestSupport
import Testing

@testable import QueryFrontend

struct YAMLReaderTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        var name: String
        var yaml: String
        /// The tree as JSON, keys in the order of the tree.
        var tree: String?
        /// The error; absent together with `tree` when any error will do.
        var error: String?

        var testDescription: String { name }
    }

    @Test(arguments: try Corpus.load("config-yaml", in: .module, atLeast: 170, as: Case.self))
    func `reads the subset and refuses the rest with line and column`(_ example: Case) {
        do throws(YAMLError) {
            let root = try YAMLReader.parse(Array(example.yaml.utf8))
            #expect(YAMLReaderTests.json(root) == example.tree)
        } catch {
            #expect(example.tree == nil, "\(error)")
            if let expected = example.error { #expect(error.description == expected) }
        }
    }

    @Test func `expansion is charged for every use of an alias`() throws {
        var limits = YAMLLimits()
        limits.maxNodes = 13
        let fits = "a: &a [1, 2]\nb: [*a, *a]\n"
        #expect(try YAMLReader.parse(Array(fits.utf8), limits: limits) != nil)
        let tooMany = "a: &a [1, 2]\nb: [*a, *a, *a]\n"
        #expect(throws: YAMLError.self) { try YAMLReader.parse(Array(tooMany.utf8), limits: limits) }
    }

    @Test func `bytes and tokens are bounded`() {
        var limits = YAMLLimits()
        limits.maxBytes = 10
        #expect(throws: YAMLError("longer than 10 bytes", at: YAMLMark(line: 1, column: 1))) {
            try YAMLReader.parse(Array("a: 12345678".utf8), limits: limits)
        }
        limits = YAMLLimits()
        limits.maxTokens = 8
        #expect(throws: YAMLError.self) { try YAMLReader.parse(Array("[,,,,,,,,,,,]".utf8), limits: limits) }
        #expect(throws: YAMLError.self) { try YAMLReader.parse(Array("[1,1,1,1,1,1]".utf8), limits: limits) }
    }

    @Test(
        arguments: [
            [0x61, 0x3A, 0x20, 0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC0, 0x80],
            [0xFF, 0xFE, 0x61, 0],
        ] as [[UInt8]])
    func `invalid UTF-8 is refused`(_ bytes: [UInt8]) throws {
        let error = #expect(throws: YAMLError.self) { try YAMLReader.parse(bytes) }
        #expect(error?.message == "invalid UTF-8")
    }

    @Test func `a repeated key is kept once and noted with its place`() throws {
        let root = try #require(try YAMLReader.parse(Array("a: 1\nb: 2\n\"a\": 3\n".utf8)))
        guard case .mapping(let mapping) = root.content else {
            Issue.record("no mapping")
            return
        }
        #expect(mapping.entries.map(\.key.text) == ["a", "b"])
        #expect(mapping.entries.first?.value.text == "1")
        #expect(mapping.duplicates.map(\.mark) == [YAMLMark(line: 3, column: 1)])
    }

    @Test func `marks count scalars from one`() throws {
        let root = try #require(try YAMLReader.parse(Array("é: [ü, \"x\"]\n".utf8)))
        guard case .mapping(let mapping) = root.content,
            case .sequence(let items)? = mapping.entries.first?.value.content
        else {
            Issue.record("not the tree expected")
            return
        }
        #expect(items.map(\.mark) == [YAMLMark(line: 1, column: 5), YAMLMark(line: 1, column: 8)])
    }

    /// Every prefix and every text with one byte taken out or doubled must be read or refused, and quickly.
    @Test func `damaged texts never trap`() throws {
        let cases = try Corpus.load("config-yaml", in: .module, atLeast: 170, as: Case.self)
        for example in cases where example.yaml.utf8.count < 200 {
            let bytes = Array(example.yaml.utf8)
            for index in bytes.indices {
                _ = try? YAMLReader.parse(Array(bytes[..<index]))
                _ = try? YAMLReader.parse(Array(bytes[..<index] + bytes[(index + 1)...]))
                _ = try? YAMLReader.parse(Array(bytes[...index] + bytes[index...]))
            }
        }
    }

    /// The tree as compact JSON, scalars resolved.
    static func json(_ node: YAMLNode?) -> String {
        guard let node else { return "null" }
        switch node.content {
        case .scalar(let text, let style, let tag):
            switch YAMLScalar(text, style: style, tag: tag) {
            case nil: return "unresolved"
            case .null?: return "null"
            case .bool(let value)?: return value ? "true" : "false"
            case .int(let value)?: return "\(value)"
            case .float(let value)?: return "\(value)"
            case .string(let value)?: return quoted(value)
            }
        case .sequence(let items): return "[" + items.map { json($0) }.joined(separator: ",") + "]"
        case .mapping(let mapping):
            return "{"
                + mapping.entries.map { quoted($0.key.text) + ":" + json($0.value) }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{08}": result += "\\b"
            case "\u{0C}": result += "\\f"
            default:
                if scalar.value < 0x20 {
                    let hex = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}
