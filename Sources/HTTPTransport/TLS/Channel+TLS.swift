extension Channel {
    /// How a handshake ended.
    enum HandshakeOutcome: Equatable {
        case done
        case timedOut
        case aborted
        /// With the reason, lowercase.
        case failed(String)
    }

    /// Establishes a session; from then on everything that the channel sends and receives goes through it.
    ///
    /// When it fails, the channel is a plain one: the socket may hold an alert that the peer should still get.
    func handshake(_ session: TLSSession, until deadline: UInt64) async -> HandshakeOutcome {
        while true {
            if isAborted { return .aborted }
            let waited: WaitOutcome
            switch session.handshake() {
            case .done:
                tls = session
                return .done
            case .wantsInput(let isEmpty):
                if isEmpty { mayRead = false }
                waited = await waitReadable(until: deadline)
            case .wantsOutput:
                mayWrite = false
                waited = await waitWritable(until: deadline)
            case .end: return .failed("the peer closed the connection")
            case .failed: return .failed(session.failure)
            }
            switch waited {
            case .ready: break
            case .timedOut: return .timedOut
            case .aborted: return .aborted
            }
        }
    }

    /// Fills the buffer with as many records as are here: one at a time would cost the caller a buffer each.
    func receive(_ session: TLSSession, into buffer: UnsafeMutableRawBufferPointer) -> SystemCalls.Outcome {
        session.beginReading()
        var received = 0
        // Bounded, since a record may hold one byte.
        for _ in 0..<Self.maxRecordsPerRead where received < buffer.count {
            // `received` is below the size, so the slice starts within the buffer.
            switch session.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[received...])) {
            case .done(let count):
                received += count
                guard received < buffer.count, session.isDrained else { continue }
                if !sawHangup { mayRead = false }
                return .done(received)
            case .wantsInput(let isEmpty):
                if isEmpty { mayRead = false }
                return received > 0 ? .done(received) : .wouldBlock
            case .wantsOutput:
                // An answer of the protocol's own does not get out. It goes with the next write.
                mayRead = false
                mayWrite = false
                return received > 0 ? .done(received) : .wouldBlock
            // Both are told again when the bytes before have been taken.
            case .end: return .done(received)
            case .failed: return received > 0 ? .done(received) : .failed(0)
            }
        }
        return .done(received)
    }

    func peerIsGone(_ session: TLSSession) -> Bool {
        let (isGone, hasInput) = session.peerIsGone()
        if !hasInput { mayRead = false }
        return isGone
    }

    /// Encrypts and sends what the socket takes of both buffers, at most ``maxEncryptedBytes``.
    func send(
        _ session: TLSSession, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) -> SystemCalls.Outcome {
        let total = first.count + second.count
        var sent = 0
        while sent < min(total, Self.maxEncryptedBytes) {
            let outcome: TLSSession.Outcome
            // `sent` is below the total, so each slice below starts within its buffer.
            if sent >= first.count {
                outcome = session.write(UnsafeRawBufferPointer(rebasing: second[(sent - first.count)...]))
            } else if second.isEmpty || first.count - sent >= Self.recordBytes {
                outcome = session.write(UnsafeRawBufferPointer(rebasing: first[sent...]))
            } else {
                // One record of both. It depends on `sent` alone, so a repeated write repeats it.
                var record = [UInt8](first[sent...])
                record += second.prefix(Self.recordBytes - record.count)
                outcome = record.withUnsafeBytes { session.write($0) }
            }
            switch outcome {
            case .done(let count): sent += count
            case .wantsOutput:
                mayWrite = false
                return sent > 0 ? .done(sent) : .wouldBlock
            // Renegotiation, for which a write could have to wait for input, is off.
            case .wantsInput, .end, .failed: return sent > 0 ? .done(sent) : .failed(0)
            }
        }
        return .done(sent)
    }

    /// Most records that are decrypted before other connections have a turn.
    private static let maxRecordsPerRead = 32
    /// Most bytes of one record.
    private static let recordBytes = 16_384
    /// Most bytes that are encrypted before other connections have a turn.
    private static let maxEncryptedBytes = 262_144

    /// Tells the peer that nothing more will come, waiting for the socket to take that.
    func finishWriting(until deadline: UInt64) async {
        guard isOpen else { return }
        if let tls {
            while !isAborted, !tls.sayEnd() {
                mayWrite = false
                guard await waitWritable(until: deadline) == .ready else { return }
            }
        }
        guard isOpen, !isAborted else { return }
        SystemCalls.shutdownWriting(descriptor)
    }
}
