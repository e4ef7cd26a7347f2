import Foundation
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import struct HTTPTransport.BodyDecoder
@testable import enum HTTPTransport.BodyFraming

/// A string of a fixture as bytes: each character stands for the byte of its code.
func latin1(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
}

/// `none`, `chunked`, `untilClose`, `length:N` of the fixtures.
func framing(_ text: String) -> BodyFraming? {
    switch text {
    case "none": return BodyFraming.none
    case "chunked": return .chunked
    case "untilClose": return .untilClose
    default: return Int(text.dropFirst("length:".count)).map { .length($0) }
    }
}

/// Runs blocking code on a thread of its own: the threads that run tests must stay free for the code under test. An expectation in it
/// still belongs to its test.
func blocking<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
    try await withTaskExecutorPreference(BlockingExecutor.shared) { try body() }
}

/// Waits until something that is bound to happen has happened; fails instead of hanging when it does not.
func waitUntil(_ condition: () -> Bool) {
    let deadline = ProcessInfo.processInfo.systemUptime + 20
    while !condition() {
        guard ProcessInfo.processInfo.systemUptime < deadline else {
            Issue.record("what was waited for did not happen")
            return
        }
        usleep(500)
    }
}

/// A small generator with a seed (SplitMix64), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A server on loops of its own, and its port.
struct LiveServer: Sendable {
    let server: HTTPServer
    let group: EventLoopGroup
    let port: Int

    /// Serves while `body` runs, then drains and checks that nothing is left open.
    static func serving<R: Sendable>(
        on backend: EventLoopGroup.Backend, loops: Int = 1,
        configure: (inout HTTPServer.Configuration) -> Void = { _ in },
        handler: @escaping HTTPServer.Handler, _ body: @Sendable (LiveServer) async throws -> R
    ) async throws -> R {
        let group = try EventLoopGroup(loopCount: loops, backend: backend)
        var configuration = HTTPServer.Configuration(host: "127.0.0.1", port: 0)
        configure(&configuration)
        let server = HTTPServer(configuration: configuration, group: group, handler: handler)
        let live = LiveServer(server: server, group: group, port: try await server.start().port)
        let outcome: Result<R, any Error> = try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask(executorPreference: group.nextExecutor()) { try await server.run() }
            let outcome: Result<R, any Error>
            do { outcome = .success(try await body(live)) } catch { outcome = .failure(error) }
            server.beginShutdown()
            try await tasks.waitForAll()
            return outcome
        }
        #expect(server.openConnectionCount == 0)
        #expect(group.openDescriptorCount == 0)
        group.shutdown()
        await group.waitUntilStopped()
        return try outcome.get()
    }
}

/// A handler that answers with what it was asked.
@Sendable func describe(_ request: HTTPServerRequest) async -> HTTPResponse {
    do {
        let body = try await request.body.collect(upTo: 1 << 20)
        let text = "\(request.method) \(request.target) \(String(decoding: body, as: UTF8.self))"
        return HTTPResponse(
            status: 200, fields: HTTPFields([("Content-Type", "text/plain")]), body: .bytes(Array(text.utf8)))
    } catch {
        return HTTPResponse(status: 200, body: .bytes(Array("unread".utf8)))
    }
}

let backends = EventLoopGroup.Backend.allCases

/// Counts words, from any thread.
final class Counters: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func note(_ word: String) { counts.withLock { $0[word, default: 0] += 1 } }
    subscript(word: String) -> Int { counts.withLock { $0[word] ?? 0 } }
}
