import Synchronization
import TestSupport
import Testing

@testable import HTTPTransport

@Suite(.ownThreads) struct ServerLifeTests {
    /// Opens when told to; tasks wait for it.
    final class Gate: Sendable {
        private let state = Mutex<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

        func wait() async {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiting.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
        }

        func open() {
            let waiting = state.withLock { state in
                state.isOpen = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    @Test(arguments: backends)
    func `a shutdown lets running requests finish and closes idle connections`(
        _ backend: EventLoopGroup.Backend
    ) async throws {
        let gate = Gate()
        let started = Gate()
        let handler: HTTPServer.Handler = { request in
            if request.target == "/slow" {
                started.open()
                await gate.wait()
            }
            return await describe(request)
        }
        try await LiveServer.serving(on: backend, loops: 2, handler: handler) { live in
            let idle = try await blocking {
                let idle = try RawConnection(port: live.port)
                #expect(try idle.exchange("GET", "/").status == 200)
                return UncheckedBox(idle)
            }
            async let slow = blocking {
                try RawConnection(port: live.port).exchange("GET", "/slow")
            }
            await started.wait()
            live.server.beginShutdown()
            try await blocking { () throws -> Void in #expect(idle.value.closedByPeer()) }
            gate.open()
            let response = try await slow
            #expect(response.status == 200)
            #expect(response["Connection"] == "close")
        }
    }

    @Test(arguments: backends)
    func `requests that outlast the grace period are cancelled`(_ backend: EventLoopGroup.Backend) async throws {
        let wasCancelled = Mutex(false)
        let started = Gate()
        let handler: HTTPServer.Handler = { _ in
            started.open()
            // Ends by being cancelled; the time only has to be longer than the test.
            try? await Task.sleep(for: .seconds(600))
            wasCancelled.withLock { $0 = Task.isCancelled }
            return HTTPResponse(status: 200)
        }
        try await LiveServer.serving(
            on: backend, configure: { $0.gracefulShutdownTimeout = .milliseconds(50) }, handler: handler
        ) { live in
            async let closed = blocking {
                let connection = try RawConnection(port: live.port)
                try connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                return connection.closedByPeer()
            }
            await started.wait()
            live.server.beginShutdown()
            let isClosed = try await closed
            #expect(isClosed)
        }
        #expect(wasCancelled.withLock { $0 })
    }

    @Test(arguments: backends)
    func `cancelling run cancels everything`(_ backend: EventLoopGroup.Backend) async throws {
        let started = Gate()
        let group = try EventLoopGroup(loopCount: 2, backend: backend)
        let server = HTTPServer(configuration: .init(host: "127.0.0.1", port: 0), group: group) { _ in
            started.open()
            // Ends by being cancelled; the time only has to be longer than the test.
            try? await Task.sleep(for: .seconds(600))
            return HTTPResponse(status: 200)
        }
        let port = try await server.start().port
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run() }
            async let closed = blocking {
                let connection = try RawConnection(port: port)
                try connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                return connection.closedByPeer()
            }
            await started.wait()
            tasks.cancelAll()
            try await tasks.waitForAll()
            let isClosed = try await closed
            #expect(isClosed)
        }
        #expect(group.openDescriptorCount == 0)
        #expect(server.openConnectionCount == 0)
        group.shutdown()
        await group.waitUntilStopped()
    }

    @Test func `a server starts once, and a port is taken once`() async throws {
        let group = try EventLoopGroup(loopCount: 1)
        let first = HTTPServer(configuration: .init(host: "127.0.0.1", port: 0), group: group, handler: describe)
        let address = try await first.start()
        #expect(address.host == "127.0.0.1")
        await #expect(throws: TransportError.self) { try await first.start() }
        let second = HTTPServer(
            configuration: .init(host: "127.0.0.1", port: address.port), group: group, handler: describe)
        do {
            try await second.start()
            Issue.record("the port was taken twice")
        } catch let error as TransportError {
            #expect(error.code == .listen)
        }
        let nowhere = HTTPServer(configuration: .init(host: "not a host", port: 0), group: group, handler: describe)
        do {
            try await nowhere.start()
            Issue.record("listening nowhere worked")
        } catch let error as TransportError {
            #expect(error.code == .address)
        }
        first.beginShutdown()
        try await first.run()
        await #expect(throws: TransportError.self) { try await first.start() }
        group.shutdown()
        await group.waitUntilStopped()
    }

    @Test func `handlers run on the loop of their connection, also after waiting`() async throws {
        try await LiveServer.serving(on: .platformDefault, loops: 2) { request in
            let before = EventLoop.current
            // Any suspension will do: what is tested is where the task goes on.
            try? await Task.sleep(for: .milliseconds(1))
            let after = EventLoop.current
            let child = await withTaskGroup(of: EventLoop?.self) { tasks in
                tasks.addTask { EventLoop.current }
                return await tasks.next() ?? nil
            }
            let isSame = before != nil && before === after && before === child
            return HTTPResponse(status: isSame ? 200 : 500)
        } _: { live in
            try await blocking { () throws -> Void in
                for _ in 0..<4 { #expect(try RawConnection.request(port: live.port, "/").status == 200) }
            }
        }
    }

    @Test func `bodies and writers may be used from other executors`() async throws {
        try await LiveServer.serving(on: .platformDefault) { request in
            let body = request.body
            let bytes = await withTaskExecutorPreference(BlockingExecutor.shared) {
                (try? await body.collect(upTo: 10_000_000)) ?? []
            }
            return HTTPResponse(
                status: 200,
                body: .stream(length: nil) { writer in
                    try await withTaskExecutorPreference(BlockingExecutor.shared) {
                        for start in stride(from: 0, to: bytes.count, by: 50_000) {
                            try await writer.write(Array(bytes[start..<min(bytes.count, start + 50_000)]))
                        }
                    }
                })
        } _: { live in
            try await blocking { () throws -> Void in
                let sent = GzipTests.sample(3_000_000)
                let response = try RawConnection(port: live.port).exchange("POST", "/", body: sent)
                #expect(response.body == sent)
            }
        }
    }
}

/// Hands a value that is used by one thread at a time from one thread to the next.
struct UncheckedBox<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
}
