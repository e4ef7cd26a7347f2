/// How a wait on a socket ended.
enum WaitOutcome: Equatable, Sendable {
    /// Try again: something may have happened.
    case ready
    /// The deadline of the wait passed.
    case timedOut
    /// Somebody closed or aborted the channel.
    case aborted
}

/// A non-blocking socket that a loop watches, with at most one reader and one writer waiting for it.
///
/// `@unchecked Sendable`: all mutable state is confined to the thread of `loop`. Methods may only be called there; the
/// asynchronous ones check it when they come back from waiting, since that is where a task could come back elsewhere.
final class Channel: @unchecked Sendable {
    let descriptor: Int32
    let loop: EventLoop

    private(set) var isOpen = true
    /// Set by `abort`: every wait ends at once from then on.
    private(set) var isAborted = false
    /// A read may find something. Cleared when a read finds less than it asked for.
    var mayRead: Bool
    var mayWrite = true
    /// The kernel said that the peer will send no more or is gone. It says so once, so reads must be tried from then on.
    private(set) var sawHangup = false
    /// Set once a session is established: what is sent and received goes through it.
    var tls: TLSSession?

    /// How often in a row a transfer went on without waiting; a fast peer may not keep the loop to itself.
    private var turnsWithoutWait = 0

    private var reader: UnsafeContinuation<WaitOutcome, Never>?
    private var writer: UnsafeContinuation<WaitOutcome, Never>?
    private var readTimer: LoopTimer?
    private var writeTimer: LoopTimer?
    /// Called on input or hangup while nobody reads.
    private var watcher: (() -> Void)?

    /// The poll(2) poller's place for this channel; 0 for none.
    var pollIndex = 0

    /// Takes over a descriptor.
    init(descriptor: Int32, loop: EventLoop, mayRead: Bool = false) {
        self.descriptor = descriptor
        self.loop = loop
        self.mayRead = mayRead
    }

    /// Begins watching.
    /// - Returns: errno, or 0. On failure the descriptor is closed.
    func open() -> Int32 {
        let number = loop.register(self)
        if number != 0 {
            isOpen = false
            SystemCalls.close(descriptor)
        }
        return number
    }

    /// Ends all waits and closes the descriptor. Does nothing the second time.
    func close() {
        guard isOpen else { return }
        // A connection that was cut must not look to its peer as if it had ended well.
        if !isAborted { _ = tls?.sayEnd() }
        isOpen = false
        isAborted = true
        watcher = nil
        loop.deregister(self)
        SystemCalls.close(descriptor)
        readTimer?.cancel()
        writeTimer?.cancel()
        readTimer?.action = nil
        writeTimer?.action = nil
        resumeReader(.aborted)
        resumeWriter(.aborted)
        tls = nil
    }

    /// Ends all waits, now and later; the owner then closes the channel.
    func abort() {
        guard !isAborted else { return }
        isAborted = true
        resumeReader(.aborted)
        resumeWriter(.aborted)
    }

    // MARK: Waiting

    /// What the poll(2) poller has to ask for.
    var interest: PollEvents {
        var interest: PollEvents = []
        if reader != nil || watcher != nil { interest.insert(.readable) }
        if writer != nil { interest.insert(.writable) }
        return interest
    }

    /// Called by the loop.
    func deliver(_ events: PollEvents) {
        if events.contains(.hangup) { sawHangup = true }
        if events.contains(.readable) {
            mayRead = true
            if reader != nil {
                resumeReader(.ready)
            } else if let watcher {
                self.watcher = nil
                loop.updateInterest(self)
                watcher()
            }
        }
        if events.contains(.writable) {
            mayWrite = true
            resumeWriter(.ready)
        }
    }

    /// Calls `action` once when input or a hangup arrives while nobody reads; nil takes it back. If there may be input
    /// already, `action` is called before this returns.
    func watch(_ action: (() -> Void)?) {
        guard let action else {
            guard watcher != nil else { return }
            watcher = nil
            loop.updateInterest(self)
            return
        }
        if mayRead {
            action()
        } else {
            watcher = action
            loop.updateInterest(self)
        }
    }

    private func resumeReader(_ outcome: WaitOutcome) {
        guard let reader else { return }
        self.reader = nil
        readTimer?.cancel()
        if isOpen { loop.updateInterest(self) }
        reader.resume(returning: outcome)
    }

    private func resumeWriter(_ outcome: WaitOutcome) {
        guard let writer else { return }
        self.writer = nil
        writeTimer?.cancel()
        if isOpen { loop.updateInterest(self) }
        writer.resume(returning: outcome)
    }

    /// Waits until a read is worth trying. Returns at once when it is.
    /// - Parameter deadline: on the loop's clock; `LoopTimer.never` for none.
    func waitReadable(until deadline: UInt64) async -> WaitOutcome {
        if isAborted { return .aborted }
        if mayRead {
            guard turnsWithoutWait >= 16 else {
                turnsWithoutWait += 1
                return .ready
            }
            turnsWithoutWait = 0
            await loop.yield()
            if isAborted { return .aborted }
            return loop.now < deadline ? .ready : .timedOut
        }
        turnsWithoutWait = 0
        // A second reader is a mistake of the program, not of a peer; it is refused rather than left hanging.
        guard reader == nil else { return .aborted }
        let outcome = await withUnsafeContinuation { (continuation: UnsafeContinuation<WaitOutcome, Never>) in
            reader = continuation
            if deadline != LoopTimer.never {
                let timer = readTimer ?? makeReadTimer()
                loop.schedule(timer, at: deadline)
            }
            loop.updateInterest(self)
        }
        precondition(loop.isCurrent, "a task left the event loop that it prefers")
        return isAborted ? .aborted : outcome
    }

    /// Waits until a write is worth trying. Returns at once when it is.
    func waitWritable(until deadline: UInt64) async -> WaitOutcome {
        if isAborted { return .aborted }
        if mayWrite { return .ready }
        guard writer == nil else { return .aborted }
        let outcome = await withUnsafeContinuation { (continuation: UnsafeContinuation<WaitOutcome, Never>) in
            writer = continuation
            if deadline != LoopTimer.never {
                let timer = writeTimer ?? makeWriteTimer()
                loop.schedule(timer, at: deadline)
            }
            loop.updateInterest(self)
        }
        precondition(loop.isCurrent, "a task left the event loop that it prefers")
        return isAborted ? .aborted : outcome
    }

    private func makeReadTimer() -> LoopTimer {
        let timer = LoopTimer()
        timer.action = { [unowned self] in resumeReader(.timedOut) }
        readTimer = timer
        return timer
    }

    private func makeWriteTimer() -> LoopTimer {
        let timer = LoopTimer()
        timer.action = { [unowned self] in resumeWriter(.timedOut) }
        writeTimer = timer
        return timer
    }

    /// Whether a read may find something.
    var hasInput: Bool { mayRead }

    // MARK: Transfers

    /// Called after a write that did not have to wait.
    private func takeTurn() async {
        turnsWithoutWait += 1
        guard turnsWithoutWait >= 32 else { return }
        turnsWithoutWait = 0
        await loop.yield()
    }

    /// The socket is connecting: the first thing to wait for is that it becomes writable.
    func expectConnection() { mayWrite = false }

    /// Reads what is there, without waiting.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> SystemCalls.Outcome {
        guard isOpen else { return .failed(0) }
        if let tls { return receive(tls, into: buffer) }
        let outcome = SystemCalls.receive(descriptor, into: buffer)
        switch outcome {
        case .done(let count): if count < buffer.count, count > 0, !sawHangup { mayRead = false }
        case .wouldBlock: mayRead = false
        case .failed: break
        }
        return outcome
    }

    /// Accepts one connection, for listening sockets.
    func accept() -> SystemCalls.Outcome {
        guard isOpen else { return .wouldBlock }
        let outcome = SystemCalls.accept(descriptor)
        if outcome == .wouldBlock { mayRead = false }
        return outcome
    }

    /// Whether the peer has closed or broken the connection, as far as can be told without taking input.
    func peerIsGone() -> Bool {
        guard isOpen else { return true }
        if let tls { return peerIsGone(tls) }
        switch SystemCalls.peek(descriptor) {
        case .done(let count): return count == 0
        case .wouldBlock:
            mayRead = false
            return false
        case .failed: return true
        }
    }

    func send(_ bytes: UnsafeRawBufferPointer) -> SystemCalls.Outcome {
        guard isOpen else { return .failed(0) }
        if let tls { return send(tls, bytes, UnsafeRawBufferPointer(start: nil, count: 0)) }
        let outcome = SystemCalls.send(descriptor, bytes)
        noteSent(outcome, of: bytes.count)
        return outcome
    }

    func send(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> SystemCalls.Outcome {
        guard isOpen else { return .failed(0) }
        if let tls { return send(tls, first, second) }
        let outcome = SystemCalls.send(descriptor, first, second)
        noteSent(outcome, of: first.count + second.count)
        return outcome
    }

    private func noteSent(_ outcome: SystemCalls.Outcome, of total: Int) {
        switch outcome {
        case .done(let count): if count < total { mayWrite = false }
        case .wouldBlock: mayWrite = false
        case .failed: break
        }
    }

    /// Sends all bytes, waiting as needed. Each 64 KB that the socket takes start the time anew.
    /// - Returns: `.ready` when everything was taken; `.aborted` also when the connection is broken.
    func sendAll(_ head: [UInt8], _ body: [UInt8] = [], stall: UInt64, notAfter: UInt64 = .max) async -> WaitOutcome {
        let total = head.count + body.count
        var sent = 0
        var renewal = 0
        var deadline: UInt64 = 0
        while sent < total {
            if isAborted { return .aborted }
            let outcome: SystemCalls.Outcome = head.withUnsafeBytes { head in
                body.withUnsafeBytes { body in
                    // `sent` is below the total, so each slice below starts within its buffer.
                    if sent >= head.count {
                        return send(UnsafeRawBufferPointer(rebasing: body[(sent - head.count)...]))
                    }
                    let rest = UnsafeRawBufferPointer(rebasing: head[sent...])
                    return body.isEmpty ? send(rest) : send(rest, body)
                }
            }
            switch outcome {
            case .done(let count):
                sent += count
                if sent == total {
                    await takeTurn()
                    return .ready
                }
                if mayWrite { await takeTurn() }
            case .wouldBlock: break
            case .failed: return .aborted
            }
            // The time is taken when the socket first makes us wait, and again after each 64 KB.
            if deadline == 0 || sent - renewal >= 65_536 {
                renewal = sent
                deadline = min(loop.deadline(after: stall), notAfter)
            }
            let waited = await waitWritable(until: deadline)
            if waited != .ready { return waited }
        }
        return .ready
    }
}
