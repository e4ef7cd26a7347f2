import Foundation
import TestSupport
import Testing

/// The faulty upstream does what its script says; else the fault table would prove nothing.
@Suite(.ownThreads) struct ScriptedUpstreamTests {
    private static let answer = ScriptedAnswer.text(200, "0123456789")

    /// What a client sees of a behaviour.
    private func seen(_ behaviour: ScriptedBehaviour) throws -> (RawResponse?, closed: Bool) {
        let upstream = try ScriptedUpstream { _ in behaviour }
        defer { upstream.stop() }
        let connection = try RawConnection(port: upstream.port)
        try connection.send("GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        let response = try? connection.response()
        return (response, connection.closedByPeer())
    }

    @Test func `whole answers arrive whole`() throws {
        var chunked = Self.answer
        chunked.chunkSize = 3
        for behaviour in [
            .answer(Self.answer), .answer(chunked), .slowHead(Self.answer, pause: 0.001),
            .slowDrip(Self.answer, piece: 4, pause: 0.001),
        ] as [ScriptedBehaviour] {
            let (response, closed) = try seen(behaviour)
            #expect(closed)
            #expect(response?.text == "0123456789")
            #expect(response?.isComplete == true)
        }
    }

    @Test func `cut answers arrive cut`() throws {
        for behaviour in [
            .earlyClose(Self.answer, afterBodyBytes: 4), .wrongLength(Self.answer, declared: 50),
        ] as [ScriptedBehaviour] {
            let (response, closed) = try seen(behaviour)
            #expect(response?.isComplete == false)
            #expect(closed)
        }
        let (short, _) = try seen(.wrongLength(Self.answer, declared: 5))
        #expect(short?.text == "01234")
        for behaviour in [.closeUnanswered, .reset, .badChunk(Self.answer), .raw([0, 1, 2])] as [ScriptedBehaviour] {
            let (response, closed) = try seen(behaviour)
            #expect(response == nil)
            #expect(closed)
        }
    }

    @Test func `silence lasts until the upstream stops`() throws {
        let upstream = try ScriptedUpstream { _ in .silence }
        let connection = try RawConnection(port: upstream.port, timeout: 20)
        try connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(upstream.waitForRequests(1))
        #expect(upstream.openConnections == 1)
        upstream.stop()
        #expect(connection.closedByPeer())
        #expect(upstream.openConnections == 0)
    }

    @Test func `a refused port refuses`() throws {
        let port = try ScriptedUpstream.refusedPort()
        #expect(throws: (any Error).self) { try RawConnection(port: port) }
    }

    @Test func `attempts are counted by tenant and path, gates hold until opened`() throws {
        let upstream = try ScriptedUpstream { request in
            let text = ScriptedBehaviour.answer(.text(200, "\(request.tenant)\(request.path)\(request.attempt)"))
            return request.path == "/gated" ? .gated("g", text) : text
        }
        defer { upstream.stop() }
        let connection = try RawConnection(port: upstream.port)
        for (path, tenant, text) in [
            ("/a?q=1", "t", "t/a1"), ("/a?q=2", "t", "t/a2"), ("/b", "t", "t/b1"), ("/a", "u", "u/a1"),
        ] {
            #expect(try connection.exchange("GET", path, fields: [("X-Scope-OrgID", tenant)]).text == text)
        }
        try connection.send("GET /gated HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(upstream.waitForRequests(5))
        upstream.open(gate: "g")
        #expect(try connection.response().text == "/gated1")
        #expect(upstream.requests[1].parameter("q") == "2")
        #expect(upstream.acceptedConnections == 1)
    }
}
