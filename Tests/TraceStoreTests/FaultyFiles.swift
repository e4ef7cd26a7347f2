import Dispatch
import Synchronization

@testable import TraceStore

/// The real files, which fail on demand.
final class FaultyFiles: StoreFiles {
    struct Plan {
        /// How many more bytes fit on the disk; nil for no end.
        var room: Int?
        /// Whether syncing fails.
        var syncFails = false
        /// Whether syncing does not end before ``FaultyFiles/wake()``.
        var hangs = false
        /// Whether renaming fails.
        var renameFails = false
        /// Whether removing fails.
        var removeFails = false
    }

    private let plan = Mutex(Plan())
    private let files = PosixFiles()
    private let awake = DispatchSemaphore(value: 0)

    func change(_ change: (inout Plan) -> Void) { plan.withLock { change(&$0) } }

    /// Lets one sync that hangs go on, and no other hang.
    func wake() {
        change { $0.hangs = false }
        awake.signal()
    }

    fileprivate func hang() {
        if plan.withLock({ $0.hangs }) { awake.wait() }
    }

    fileprivate func failure(_ operation: String, _ reason: String) -> FileFailure {
        FileFailure(operation: operation, path: "test", code: 28, reason: reason)
    }

    /// How many of the bytes may be written.
    fileprivate func take(_ count: Int) -> Int {
        plan.withLock { plan in
            guard let room = plan.room else { return count }
            let taken = min(room, count)
            plan.room = room - taken
            return taken
        }
    }

    fileprivate var syncFails: Bool { plan.withLock { $0.syncFails } }

    func makeFolder(_ path: String) throws(FileFailure) { try files.makeFolder(path) }
    func names(in folder: String) throws(FileFailure) -> [String] { try files.names(in: folder) }
    func read(_ path: String) throws(FileFailure) -> [UInt8] { try files.read(path) }
    func map(_ path: String) throws(FileFailure) -> MappedFile { try files.map(path) }
    func truncate(_ path: String, to count: Int) throws(FileFailure) { try files.truncate(path, to: count) }
    func lock(_ path: String) throws(FileFailure) -> FileLock? { try files.lock(path) }

    func create(_ path: String) throws(FileFailure) -> any StoreFile {
        FaultyFile(file: try files.create(path), owner: self)
    }

    func rename(_ path: String, to target: String) throws(FileFailure) {
        if plan.withLock({ $0.renameFails }) { throw failure("rename", "no such luck") }
        try files.rename(path, to: target)
    }

    func remove(_ path: String) throws(FileFailure) {
        if plan.withLock({ $0.removeFails }) { throw failure("unlink", "no such luck") }
        try files.remove(path)
    }

    func syncFolder(_ path: String) throws(FileFailure) {
        if syncFails { throw failure("fsync", "input/output error") }
        try files.syncFolder(path)
    }
}

private final class FaultyFile: StoreFile {
    private let file: any StoreFile
    private let owner: FaultyFiles

    init(file: any StoreFile, owner: FaultyFiles) {
        self.file = file
        self.owner = owner
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(FileFailure) {
        let taken = owner.take(bytes.count)
        // As a full disk does it: some of the bytes arrive.
        try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<taken]))
        if taken < bytes.count { throw owner.failure("write", "no space left on device") }
    }

    func sync() throws(FileFailure) {
        owner.hang()
        if owner.syncFails { throw owner.failure("fsync", "input/output error") }
        try file.sync()
    }

    func close() { file.close() }
}
