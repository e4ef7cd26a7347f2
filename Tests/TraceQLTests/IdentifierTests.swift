import TestSupport
import Testing
import TraceQL

/// Tag names in URLs and configuration.
@Suite(.computeThreads) struct IdentifierTests {
    @Test(arguments: [
        ("resource.service.name", Attribute(.resource, "service.name")), (".foo", Attribute(.none, "foo")),
        ("span.\"http.url\"", Attribute(.span, "http.url")), (".\"a b\"", Attribute(.none, "a b")),
        ("name", Attribute(.name)), ("span:kind", Attribute(.kind)), ("rootServiceName", Attribute(.traceRootService)),
        ("trace:rootService", Attribute(.traceRootService)), ("event.message", Attribute(.event, "message")),
        (" .a ", Attribute(.none, "a")),
    ])
    func named(_ text: String, _ attribute: Attribute) throws {
        #expect(try Identifier.parse(text) == attribute)
    }

    @Test func theTextOfAFailureIsTempos() {
        #expect {
            _ = try Identifier.parse("service.name")
        } throws: {
            "\($0)"
                == "failed to parse identifier service.name: parse error at line 1, col 2: unknown identifier: service"
        }
    }

    @Test(arguments: ["", ".a = 1", ".a } | { .b", ".a && .b", "1", "`x`", ".a } with(b=1) //", "!.a"])
    func whatIsNotOneAttribute(_ text: String) {
        #expect(throws: Identifier.Failure.self) { try Identifier.parse(text) }
    }
}
