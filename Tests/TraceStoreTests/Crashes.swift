import Foundation
import Synchronization

@testable import TraceStore

/// The real files; after each operation that changes something, the folder is copied as a crash would leave it.
final class Crashes: StoreFiles {
    struct Copy {
        let folder: TemporaryFolder
        /// By tenant: the spans that were sent so far, and how many of them were answered.
        let sent: [String: [FlatSpan]]
        let answered: [String: Int]
    }

    private struct State {
        var copies: [Copy] = []
        var sent: [String: [FlatSpan]] = [:]
        var answered: [String: Int] = [:]
        var writes = 0
    }

    private let folder: String
    private let files = PosixFiles()
    private let state = Mutex(State())

    init(folder: String) { self.folder = folder }

    var copies: [Copy] { state.withLock { $0.copies } }

    func add(sent: [FlatSpan], tenant: String) { state.withLock { $0.sent[tenant, default: []] += sent } }

    /// All that was sent is answered.
    func answered() { state.withLock { state in state.answered = state.sent.mapValues(\.count) } }

    fileprivate func crash() {
        state.withLock { state in
            guard let copy = try? TemporaryFolder() else { return }
            try? FileManager.default.removeItem(atPath: copy.path)
            try? FileManager.default.copyItem(atPath: folder, toPath: copy.path)
            state.copies.append(Copy(folder: copy, sent: state.sent, answered: state.answered))
        }
    }

    /// A segment has a hundred writes; some of them are enough.
    fileprivate func crashNowAndThen() {
        let isDue = state.withLock { state in
            state.writes += 1
            return state.writes % 23 == 1
        }
        if isDue { crash() }
    }

    func makeFolder(_ path: String) throws(FileFailure) { try files.makeFolder(path) }
    func names(in folder: String) throws(FileFailure) -> [String] { try files.names(in: folder) }
    func read(_ path: String) throws(FileFailure) -> [UInt8] { try files.read(path) }
    func map(_ path: String) throws(FileFailure) -> MappedFile { try files.map(path) }
    func truncate(_ path: String, to count: Int) throws(FileFailure) { try files.truncate(path, to: count) }
    func lock(_ path: String) throws(FileFailure) -> FileLock? { try files.lock(path) }
    func syncFolder(_ path: String) throws(FileFailure) { try files.syncFolder(path) }

    func create(_ path: String) throws(FileFailure) -> any StoreFile {
        let file = CrashingFile(file: try files.create(path), owner: self)
        crash()
        return file
    }

    func rename(_ path: String, to target: String) throws(FileFailure) {
        try files.rename(path, to: target)
        crash()
    }

    func remove(_ path: String) throws(FileFailure) {
        let existed = FileManager.default.fileExists(atPath: path)
        try files.remove(path)
        if existed { crash() }
    }
}

private final class CrashingFile: StoreFile {
    private let file: any StoreFile
    private let owner: Crashes

    init(file: any StoreFile, owner: Crashes) {
        self.file = file
        self.owner = owner
    }

    /// In two steps, with a crash between them.
    func write(_ bytes: UnsafeRawBufferPointer) throws(FileFailure) {
        let half = bytes.count / 2
        try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<half]))
        owner.crashNowAndThen()
        try file.write(UnsafeRawBufferPointer(rebasing: bytes[half...]))
    }

    func sync() throws(FileFailure) {
        try file.sync()
        owner.crash()
    }

    func close() { file.close() }
}
