import Foundation
import QueryFrontend

/// The standard input of the process.
enum StandardInput {
    /// Everything to the end of the input, or its first `limit` bytes.
    static func read(upTo limit: Int) throws(TraceQLCommand.InputError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < limit {
            let count = Foundation.read(STDIN_FILENO, &chunk, min(chunk.count, limit - bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw TraceQLCommand.InputError(String(cString: strerror(errno))) }
            if count == 0 { break }
            bytes += chunk.prefix(count)
        }
        return bytes
    }
}
