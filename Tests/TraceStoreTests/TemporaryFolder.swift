import Foundation
import Synchronization

@testable import TraceStore

/// A folder that is removed with its last reference.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "trace-store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A clock that tests set.
final class TestClock: Sendable {
    private let time: Atomic<UInt64>

    init(_ start: UInt64 = 1_800_000_000_000_000_000) { time = Atomic(start) }

    var now: UInt64 { time.load(ordering: .relaxed) }

    func advance(seconds: UInt64) { time.wrappingAdd(seconds * 1_000_000_000, ordering: .relaxed) }
}

/// What a store reported.
final class EventLog: Sendable {
    private let events = Mutex<[StoreEvent]>([])

    var all: [StoreEvent] { events.withLock { $0 } }

    func add(_ event: StoreEvent) { events.withLock { $0.append(event) } }
}

extension TraceStore {
    /// A store for a test.
    static func testing(
        _ folder: TemporaryFolder, clock: TestClock = TestClock(), events: EventLog = EventLog(),
        _ change: (inout TraceStoreConfiguration) -> Void = { _ in }
    ) throws -> TraceStore {
        var configuration = TraceStoreConfiguration(path: folder.path)
        change(&configuration)
        return try TraceStore(configuration: configuration, clock: { clock.now }, report: { events.add($0) })
    }
}
