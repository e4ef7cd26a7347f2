import Dispatch
import Foundation

/// SIGTERM and SIGINT as a stream of how many have come. Keep it alive as long as signals shall be heard.
struct StopSignals {
    let stream: AsyncStream<Int>
    private let sources: [any DispatchSourceSignal]

    init() {
        // The default action would end the process before the source tells of the signal.
        signal(SIGTERM, SIG_IGN)
        signal(SIGINT, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
        let (stream, continuation) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(4))
        self.stream = stream
        let queue = DispatchQueue(label: "stop-signals")
        let counter = SignalCounter()
        sources = [SIGTERM, SIGINT].map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { continuation.yield(counter.next()) }
            source.resume()
            return source
        }
    }

    func cancel() {
        for source in sources { source.cancel() }
    }
}
