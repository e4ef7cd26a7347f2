import Foundation
import Synchronization

/// A file that holds one password or token and may be replaced at any time: read again when it changed.
///
/// While a new content cannot be used, the last one that could be is, and the reason is told once.
final class CredentialFile: Sendable {
    /// Bytes that such a file may have.
    static let maxBytes = 65_536

    private struct State {
        var value: Secret = ""
        var stamp: FileStamp?
        var problem: String?
    }

    private let path: String
    private let tell: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameter tell: hears why the file cannot be used, and that it can be again.
    init(path: String, tell: @escaping @Sendable (String) -> Void) {
        self.path = path
        self.tell = tell
    }

    /// What the file holds now; empty when it never held anything that can be used.
    var value: Secret {
        let stamp = FileStamp(path: path)
        let (value, news) = state.withLock { state -> (Secret, String?) in
            if let stamp, stamp == state.stamp { return (state.value, nil) }
            state.stamp = stamp
            var problem: String?
            do throws(FileReadError) {
                state.value = Secret(try Self.content(try FileReader.read(path)))
            } catch {
                problem = error.message
            }
            guard problem != state.problem else { return (state.value, nil) }
            state.problem = problem
            return (
                state.value,
                problem.map { "credentials of \(path.prefix(256)) cannot be read, the last ones are used: \($0)" }
                    ?? "credentials of \(path.prefix(256)) can be read again"
            )
        }
        if let news { tell(news) }
        return value
    }

    /// The text of a file without white space at its end.
    /// - Throws: when it is empty, too large, or cannot stand in a header field.
    static func content(_ bytes: [UInt8]) throws(FileReadError) -> String {
        guard bytes.count <= maxBytes else { throw FileReadError("is larger than \(maxBytes) bytes") }
        var end = bytes.count
        while end > 0, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[end - 1]) { end -= 1 }
        guard end > 0 else { throw FileReadError("is empty") }
        let text = String(decoding: bytes[..<end], as: UTF8.self)
        guard HeaderSyntax.isValue(text) else {
            throw FileReadError("must hold one line of at most 8192 bytes without control bytes")
        }
        return text
    }
}

/// What tells one state of a file from the next.
struct FileStamp: Equatable {
    private let device: UInt64
    private let node: UInt64
    private let size: Int64
    private let seconds: Int
    private let nanoseconds: Int

    /// nil: there is no such file.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        node = UInt64(truncatingIfNeeded: status.st_ino)
        size = Int64(status.st_size)
        #if canImport(Darwin)
            let changed = status.st_mtimespec
        #else
            let changed = status.st_mtim
        #endif
        seconds = Int(changed.tv_sec)
        nanoseconds = Int(changed.tv_nsec)
    }
}
