import Foundation
import Synchronization
import TestSupport
import Testing

/// What was answered with 200 survives the sudden end of the process.
@Suite(.ownThreads, .timeLimit(.minutes(20))) struct StoreCrashTests {
    private static let senders = 4
    private static let enough = 400

    /// Pushes until the connection breaks.
    private final class Sender: Sendable {
        private let acknowledged = Mutex<[String]>([])
        private let ended = DispatchSemaphore(value: 0)
        var traceIDs: [String] { acknowledged.withLock { $0 } }

        /// - Parameter note: called after each answer.
        init(_ number: Int, port: Int, note: @escaping @Sendable () -> Void) {
            Thread.detachNewThread { [self] in
                defer { ended.signal() }
                guard let connection = try? RawConnection(port: port) else { return }
                for count in 1... {
                    let low = String(count, radix: 16)
                    let id = "\(number)" + String(repeating: "0", count: 31 - low.count) + low
                    let spans = ["0000000000000001", "0000000000000002"].map {
                        StoredSpan(
                            traceID: id, spanID: $0, service: "s", name: "span \(count)", start: StoredSpan.recently(),
                            end: StoredSpan.recently(1000))
                    }
                    let isJSON = count % 2 == 0
                    guard let json = try? StoredSpan.json(spans),
                        let answer = try? connection.exchange(
                            "POST", "/v1/traces",
                            fields: [
                                ("X-Scope-OrgID", number % 2 == 0 ? "foo" : "bar"),
                                ("Content-Type", isJSON ? "application/json" : "application/x-protobuf"),
                            ], body: isJSON ? json : StoredSpan.protobuf(spans)), answer.status == 200,
                        answer.isComplete
                    else { return }
                    acknowledged.withLock { $0.append(id) }
                    note()
                }
            }
        }

        func wait() { ended.wait() }
    }

    @Test func `every acknowledged span is there after a kill in the midst of pushes`() throws {
        let folder = RunningStore.Folder()
        var known: [String] = []
        // Twice: the second process has a log to read before it writes its own.
        for round in 1...2 {
            let store = try RunningStore(folder)
            defer { store.stop() }
            let count = Atomic<Int>(0)
            let reached = DispatchSemaphore(value: 0)
            let senders = (0..<Self.senders).map { number in
                Sender(number + round * Self.senders - Self.senders + 1, port: store.receiverPort) {
                    [enough = Self.enough] in
                    if count.add(1, ordering: .relaxed).newValue == enough { reached.signal() }
                }
            }
            #expect(reached.wait(timeout: .now() + 120) == .success)
            store.process.signal(SIGKILL)
            for sender in senders { sender.wait() }
            known += senders.flatMap(\.traceIDs)
            #expect(known.count >= Self.enough * round)
        }
        let store = try RunningStore(folder)
        defer { store.stop() }
        let connection = try RawConnection(port: store.port)
        var lost: [String] = []
        for id in known {
            let answer = try connection.exchange("GET", "/api/v2/traces/\(id)", fields: [("X-Scope-OrgID", "foo|bar")])
            if try answer.spanNames().count != 2 { lost.append(id) }
        }
        #expect(lost.isEmpty, "\(lost.count) of \(known.count) are lost: \(lost.prefix(5))")
    }
}
