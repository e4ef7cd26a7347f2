import TestSupport
import Testing

@testable import QueryFrontend

struct EnvironmentExpanderTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        var text: String
        var result: String?
        var error: String?
        /// Variables that expanded to nothing.
        var empty: [String]

        var testDescription: String { text }
    }

    static let environment = [
        "V": "value", "E": "", "L": "Hello World", "P": "/a/b/c.tar.gz", "N": "aXbXc",
    ]

    @Test(arguments: try Corpus.load("config-expand-env", in: .module, atLeast: 75, as: Case.self))
    func `expands as Tempo does`(_ example: Case) {
        do throws(EnvironmentExpander.Failure) {
            let expanded = try EnvironmentExpander.expand(
                Array(example.text.utf8), environment: EnvironmentExpanderTests.environment)
            #expect(String(decoding: expanded.text, as: UTF8.self) == example.result)
            #expect(expanded.emptyNames == example.empty)
        } catch {
            #expect(error.message == example.error)
        }
    }

    @Test func `a growing text is bounded`() {
        // Eight levels of eight uses each would be 8^8 times the value.
        let value = String(repeating: "x", count: 100_000)
        let text = String(
            repeating: "${V//x/yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy}",
            count: 8)
        #expect(throws: EnvironmentExpander.Failure.self) {
            try EnvironmentExpander.expand(Array(text.utf8), environment: ["V": value])
        }
    }

    @Test func `bytes that are no UTF-8 pass through`() throws {
        let expanded = try EnvironmentExpander.expand([0xFF, 0x24, 0x7B, 0x56, 0x7D, 0xC3], environment: ["V": "v"])
        #expect(expanded.text == [0xFF, 0x76, 0xC3])
    }
}
