import Foundation
import Synchronization

/// SIGTERM and SIGINT as a stream of how many have come. Make it once, before the server starts.
///
/// Handlers of the C library write into a pipe that a thread reads. From the moment they stand no signal is lost, which a dispatch source
/// cannot promise (it is armed some time after the default action was switched off), nor can blocking the signals (Dispatch unblocks
/// them in the main thread).
struct StopSignals {
    let stream: AsyncStream<Int>

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EMFILE) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let readEnd = ends[0]
        writeEnd.store(ends[1], ordering: .sequentiallyConsistent)
        signal(SIGPIPE, SIG_IGN)
        signal(SIGTERM, noteSignal)
        signal(SIGINT, noteSignal)
        let (stream, continuation) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(4))
        self.stream = stream
        Thread.detachNewThread {
            var byte: UInt8 = 0
            var count = 0
            while true {
                let got = read(readEnd, &byte, 1)
                if got < 0 && errno == EINTR { continue }
                guard got == 1 else { return }
                count += 1
                continuation.yield(count)
            }
        }
    }
}

/// The pipe's end that the handlers write to; set before a handler stands.
private let writeEnd = Atomic<Int32>(-1)

/// A load and a write(2) are all that happens here: both may be done inside a signal handler.
private func noteSignal(_ number: Int32) {
    let saved = errno
    var byte: UInt8 = 1
    _ = write(writeEnd.load(ordering: .sequentiallyConsistent), &byte, 1)
    errno = saved
}
